"""What is built and published: the wheel, the source distribution, and the rules the tree keeps."""
