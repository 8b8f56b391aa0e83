"""In the home: machine bytes in, MQTT out. Keeps every reading until ingest says it is committed; small on purpose."""
