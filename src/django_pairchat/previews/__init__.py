"""The optional app of link previews: a worker fetches the title and picture of pages that people link to."""
