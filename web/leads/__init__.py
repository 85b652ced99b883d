"""«Настройки соединения с LeadsDB»: where leads come from, fetching by a button, the log."""
