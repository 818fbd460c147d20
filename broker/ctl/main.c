/* batonctl: operators' commands for a running broker, and two that need none. */
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control/control.h"
#include "ctl/ctl.h"

enum { DEFAULT_WIDTH = 100, NARROWEST = 40, MAX_WORDS = 512, WORD_SIZE = 128 };

/* What batonctl does itself. Everything else is a command of the broker's. */
static const struct own {
  const char *word, *arguments, *help;
  int (*run)(const struct bt_ctl_options *options, char *const *words, int n);
} own_commands[] = {
    {"keygen", "NAME [DIR]", "write a key pair, NAME.secret and NAME.pub, and say which configuration names which",
     bt_ctl_keygen},
    {"verify", "DATA_DIR", "check the journal's chain and rebuild the record from it; also beside a running broker",
     bt_ctl_verify},
};
enum { OWN = sizeof own_commands / sizeof *own_commands };

void bt_ctl_complain(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("batonctl: ", stderr);
  vfprintf(stderr, format, args);
  putc('\n', stderr);
  va_end(args);
}

static void help(FILE *to) {
  fputs("usage: batonctl [--control DIR] [--json] COMMAND [ARGUMENT...]\n\n"
        "  --control DIR  the broker's control folder ($BATON_CONTROL, else /run/baton)\n"
        "  --json         one JSON document\n"
        "  --anonymous, --days N, --from DATE, --until DATE\n"
        "                 what a command takes as anonymous, days=N, from=DATE, until=DATE\n"
        "  --help, --version\n\n"
        "Commands of the broker (CASE: a ref, an id, DEPARTMENT/LOCAL-ID or DOMAIN:VALUE):\n",
        to);
  bt_control_describe(to);
  fputs("\nCommands that need no broker:\n", to);
  for (size_t i = 0; i < OWN; i++)
    fprintf(to, "  %s %s\n      %s\n", own_commands[i].word, own_commands[i].arguments, own_commands[i].help);
  fputs("\nExit: 0 done, 1 refused or not in order, 2 wrong usage, 3 no broker there, or no data folder to verify.\n",
        to);
}

/* Tables fit into the terminal; where the answer goes elsewhere nothing is clipped. */
static uint32_t terminal_width(void) {
  struct winsize size;
  if (!isatty(STDOUT_FILENO))
    return 0;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
    return DEFAULT_WIDTH;
  return size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
}

/* ASCII where the locale does not say UTF-8; colour only on a terminal that knows it, and where it is not unwanted. */
static void look_at_terminal(struct bt_ctl_options *o) {
  const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
  setlocale(LC_CTYPE, "");
  o->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
  setlocale(LC_CTYPE, "C");
  o->width = terminal_width();
  o->colour = o->width && term && strcmp(term, "dumb") != 0 && !(no_colour && *no_colour);
}

/* Options that are words of the broker's: "--days 3" is "days=3". */
struct words {
  char *v[MAX_WORDS];
  int n;
  char said[8][WORD_SIZE];
  int n_said;
};

static bool say(struct words *w, const char *name, const char *value) {
  if (w->n_said == 8)
    return false;
  char *word = w->said[w->n_said++];
  int n = value ? snprintf(word, WORD_SIZE, "%s=%s", name, value) : snprintf(word, WORD_SIZE, "%s", name);
  return n > 0 && n < WORD_SIZE;
}

/* What stands alone, then what was said by options. */
static bool gather(struct words *w, char **v, int n) {
  if (n + w->n_said > MAX_WORDS)
    return false;
  for (int i = 0; i < n; i++)
    w->v[w->n++] = v[i];
  for (int i = 0; i < w->n_said; i++)
    w->v[w->n++] = w->said[i];
  return true;
}

static int run(const struct bt_ctl_options *options, char *const *words, int n) {
  for (size_t i = 0; i < OWN; i++)
    if (strcmp(words[0], own_commands[i].word) == 0)
      return own_commands[i].run(options, words + 1, n - 1);
  return bt_ctl_ask(options, words, n);
}

int main(int argc, char **argv) {
  static const struct option long_options[] = {{"control", required_argument, NULL, 'c'},
                                               {"json", no_argument, NULL, 'j'},
                                               {"anonymous", no_argument, NULL, 'w'},
                                               {"days", required_argument, NULL, 'w'},
                                               {"from", required_argument, NULL, 'w'},
                                               {"until", required_argument, NULL, 'w'},
                                               {"help", no_argument, NULL, 'h'},
                                               {"version", no_argument, NULL, 'V'},
                                               {0}};
  const char *from_environment = getenv("BATON_CONTROL");
  struct bt_ctl_options options = {
      .control_dir = from_environment && *from_environment ? from_environment : "/run/baton",
  };
  struct words words = {.n = 0};
  bool fits = true;
  look_at_terminal(&options);
  for (int c, which; (c = getopt_long(argc, argv, "c:jhV", long_options, &which)) != -1;)
    switch (c) {
    case 'w':
      fits = fits && say(&words, long_options[which].name, optarg);
      break;
    case 'c':
      options.control_dir = optarg;
      break;
    case 'j':
      options.json = true;
      break;
    case 'h':
      help(stdout);
      return BT_EXIT_OK;
    case 'V':
      puts("batonctl " BATON_VERSION);
      return BT_EXIT_OK;
    default:
      fputs("try batonctl --help\n", stderr);
      return BT_EXIT_USAGE;
    }
  if (optind == argc) {
    help(stderr);
    return BT_EXIT_USAGE;
  }
  if (!fits || !gather(&words, argv + optind, argc - optind)) {
    bt_ctl_complain("the command is too long");
    return BT_EXIT_USAGE;
  }
  int code = run(&options, words.v, words.n);
  if (fflush(stdout) != 0) {
    bt_ctl_complain("the answer could not be written");
    return BT_EXIT_REFUSED;
  }
  return code;
}
