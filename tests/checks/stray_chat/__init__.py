"""An app of models that a host might name by mistake."""
