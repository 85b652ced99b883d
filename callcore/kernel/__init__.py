"""Tools without business words: clock, ids, money, phones, errors, bus, tasks, database, audit, logs, metrics."""
