#ifndef BATON_HTTP_BESIDE_H
#define BATON_HTTP_BESIDE_H

/* A file name as the configuration has it, relative to the configuration file: new. NULL: no memory. */
char *beside(const char *config_file, const char *name);

#endif
