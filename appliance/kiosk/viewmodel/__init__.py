"""View-models: a TillView in, strings and flags out. Plain typed Python without Kivy, so that tests need no window."""
