"""The kiosk: a thin full-screen Kivy client that draws the daemon's TillView and sends back what was touched."""
