/* Preloaded into a process: asking DNS for the name in BATON_FAULT_NAME takes ten minutes, as when no server answers.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret) {
  const char *slow = getenv("BATON_FAULT_NAME");
  if (slow && name && strcmp(name, slow) == 0) {
    sleep(600);
    return EAI_AGAIN;
  }
  int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
      (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
  return next(name, service, hints, ret);
}
