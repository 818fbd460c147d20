# What baton-mail is built on besides libbaton, by the names of pkg-config, and which of our shared rooms.
set(libraries libcurl gmime-3.0 glib-2.0 libxml-2.0 jansson)
set(rooms net)
