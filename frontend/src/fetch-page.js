/** @file A page of the server's, fetched to take a part of it into this one. */

const PATIENCE_MS = 20_000;

/**
 * The browser itself parses the answer, so that the strictest policy against injected markup has nothing to forbid, and
 * no script in it runs. Null: the server answered something else; undefined: it could not be asked now.
 * @param {string} url
 * @returns {Promise<Document | null | undefined>}
 */
export function fetchPage(url) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.responseType = "document";
    request.timeout = PATIENCE_MS;
    request.onloadend = () => {
      const { status } = request;
      resolve(!status || status === 429 || status >= 500 ? undefined : request.responseXML);
    };
    request.send();
  });
}
