/* What comes in over HTTP, at the parsers of our own: JSON pointers, the strictness before the JSON parser, signatures,
 * the mapping of a webhook.
 *
 * An input is a line (a pointer, a signature's header) and a body. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clients.h"
#include "driver.h"
#include "listen.h"
#include "pointer.h"
#include "source.h"
#include "strict.h"

enum { DEPTH = 16 };

static const char config[] =
    "sources = ( { name = \"s\"; department = \"d\"; each = \"/list\";\n"
    "  signature = { secret_file = \"fuzz_http.secret\"; header = \"S\"; prefix = \"v1=\"; timestamp_header = \"S\";\n"
    "    timestamp_prefix = \"t=\"; signs = \"{header:S}.{timestamp}.{body}\"; };\n"
    "  when = ( { pointer = \"0/a\"; is = [\"x\", \"1\"]; } );\n"
    "  fields = ( { path = \"kind\"; value = \"note_added\"; }, { path = \"key\"; template = \"{/id}-{0#}\"; },\n"
    "    { path = \"locator.ref\"; pointer = \"header:S\"; }, { path = \"note_added.text\"; pointer = \"0/t\"; } ); } "
    ");\n";

static void put_file(const char *name, const char *text) {
  FILE *f = fopen(name, "w");
  fuzz_check(f && fputs(text, f) >= 0 && fclose(f) == 0 && chmod(name, 0600) == 0, name);
}

static struct sources *the_sources(void) {
  static struct sources sources;
  char error[256] = "";
  if (sources.n)
    return &sources;
  put_file("fuzz_http.conf", config);
  put_file("fuzz_http.secret", "0123456789abcdef\n");
  fuzz_check(sources_read(&sources, "fuzz_http.conf", error) == 0, error);
  unlink("fuzz_http.conf");
  unlink("fuzz_http.secret");
  return &sources;
}

static const char *header(void *context, const char *name) {
  return strcmp(name, "S") == 0 ? context : NULL;
}

static size_t depth_of(json_t *v) {
  size_t most = 0, i;
  const char *key;
  json_t *inner;
  json_object_foreach(v, key, inner) {
    size_t n = depth_of(inner);
    most = n > most ? n : most;
  }
  json_array_foreach(v, i, inner) {
    size_t n = depth_of(inner);
    most = n > most ? n : most;
  }
  return most + (json_is_object(v) || json_is_array(v));
}

static void try_call(json_t *body, char *line) {
  struct call call = {.source = the_sources()->v, .body = body, .header = header, .context = line};
  int rows = call_rows(&call);
  for (int i = 0; i < rows; i++) {
    struct mapped m = {.event = NULL};
    enum map_verdict verdict = call_row(&call, (size_t)i, &m);
    fuzz_check(verdict != MAP_BAD || m.problem[0], "a bad row without words");
    fuzz_check((verdict == MAP_EVENT) == (m.event != NULL), "an event that is none");
    baton_event_free(m.event);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char line[256], error[256] = "";
  const uint8_t *end = memchr(data, '\n', size);
  size_t n = end ? (size_t)(end - data) : 0;
  bool loopback;
  snprintf(line, sizeof line, "%.*s", (int)(n < 255 ? n : 255), (const char *)data);
  const char *body = (const char *)data + (end ? n + 1 : 0);
  size_t body_n = size - (end ? n + 1 : 0);
  struct signature signature = the_sources()->v[0].signature;
  fuzz_check(signature_check(&signature, header, line, body, body_n, 1700000000), "a forged signature is taken");
  signature.signs = line;
  (void)signature_signs_is_valid(&signature);
  (void)listen_is_valid(line, &loopback);
  json_t *json = strict_parse(body, body_n, DEPTH, error);
  fuzz_check(json || error[0], "a refusal without words");
  if (!json)
    return 0;
  fuzz_check(depth_of(json) <= DEPTH, "deeper than agreed");
  if (pointer_is_valid(line))
    (void)json_typeof(pointer_get(json, json_array_get(json, 0), line) ? json : json);
  try_call(json, line);
  json_decref(json);
  return 0;
}

#ifdef FUZZ_MAIN

static const struct fuzz_seed seeds[] = {
    FUZZ_TEXT("/list/0/t\n{\"id\":7,\"list\":[{\"a\":\"x\",\"t\":\"hello\"},{\"a\":1,\"t\":2.5},{\"t\":[]}]}"),
    FUZZ_TEXT("0/a~1b/~0\n[[1,2,{\"a/b\":{\"~\":null}}],true,\"\\u00e4\\ud83d\\ude00\"]"),
    FUZZ_TEXT("t=1700000000,v1=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n{\"list\":[]}"),
    FUZZ_TEXT("v1=AAAA, t=1\n[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"),
    FUZZ_TEXT("[::1]:8080\n{\"list\":[{\"a\":\"x\",\"t\":\"\\\\\\\"{[\"}]}"),
    FUZZ_TEXT("{header:X}.{timestamp}.{body}\n{\"a\":{\"a\":9223372036854775807}}"),
};

int main(int argc, char **argv) {
  static const struct fuzz fuzz = {FUZZ_SEEDS(seeds), .marks = FUZZ_TEXT("{}[]\",:\\/~0#=\n"), .runs = 100000};
  int failed = fuzz_main(argc, argv, &fuzz);
  sources_fini(the_sources());
  return failed;
}

#endif
