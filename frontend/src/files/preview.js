/** @file A small picture of a picture. It is drawn: an address of the browser's own would need leave from the page's policy. */

const SIDE = 112;

/**
 * False: the browser cannot read it.
 * @param {File} file
 * @param {HTMLCanvasElement} canvas
 */
export async function draw(file, canvas) {
  if (!file.type.startsWith("image/")) return false;
  try {
    const picture = await createImageBitmap(file);
    const side = Math.min(picture.width, picture.height);
    const [x, y] = [(picture.width - side) / 2, (picture.height - side) / 2];
    canvas.width = canvas.height = SIDE;
    canvas.getContext("2d")?.drawImage(picture, x, y, side, side, 0, 0, SIDE, SIDE);
    picture.close();
    return true;
  } catch {
    return false;
  }
}
