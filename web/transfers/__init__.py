"""Handings on of talks: the report «Переводы», and handing on from the desk."""
