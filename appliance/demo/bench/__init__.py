"""The device bench: a web page and its HTTP interface, so that anybody with a browser can use the till."""
