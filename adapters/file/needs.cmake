set(rooms map)
