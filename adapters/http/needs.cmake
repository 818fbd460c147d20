# What baton-http is built on besides libbaton, by the names of pkg-config, and which of our shared rooms.
set(libraries libmicrohttpd libcurl jansson libsodium)
set(rooms map net)
