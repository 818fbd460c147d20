# What baton-postgres is built on besides libbaton, by the names of pkg-config, and which of our shared rooms.
set(libraries libpq jansson)
set(rooms map)
