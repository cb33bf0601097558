"""The contest's photos: kept, cleaned and measured. Entries themselves are in bot.store.entries."""
