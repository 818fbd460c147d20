# What this room is built on besides libbaton, by the names of pkg-config.
set(libraries libcurl)
