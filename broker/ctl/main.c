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
#include "control/out.h"
#include "ctl/ctl.h"

enum { DEFAULT_WIDTH = 100, NARROWEST = 40, MAX_WORDS = 512, SAID = 16, WORD_SIZE = 4096 };

/* What batonctl does itself. Everything else is a command of the broker's. */
static const struct own {
  const char *word, *arguments, *help;
  int (*run)(const struct bt_ctl_options *options, char *const *words, int n);
} own_commands[] = {
    {"keygen", "NAME [DIR]", "write a key pair, NAME.secret and NAME.pub, and say which configuration names which",
     bt_ctl_keygen},
    {"config", "try FILE [DATA_DIR] [last=N] [against=FILE]",
     "decide the last N recorded requests again with another configuration, and say what would differ; also beside a "
     "running broker",
     bt_ctl_config},
    {"verify", "DATA_DIR",
     "check the journal's chain and rebuild the record from it; also beside a running broker, and a backup",
     bt_ctl_verify},
    {"verify repair", "DATA_DIR [from=BACKUP] [into=NEW_DIR]",
     "say what a repair would lose; with --yes, keep what holds together, the damaged folder beside it", bt_ctl_repair},
    {"backup", "DIR DATA_DIR [CONFIG] [snapshot]", "the same as the broker's backup, of a data folder without a broker",
     bt_ctl_backup},
    {"export", "DATA_DIR|- [from=N] [upto=N] [with-key]", "the whole log as JSON lines; -: of the running broker",
     bt_ctl_export},
    {"import", "FILE|- DATA_DIR", "make a data folder from an export, and verify it", bt_ctl_import},
    {"restore", "DIR DATA_DIR [upto=POSITION|TIME]", "make a data folder from a backup, and verify it", bt_ctl_restore},
};
/* Commands of the broker's that batonctl has more to do with than to print an answer. */
static const struct own seen_here[] = {
    {"follow", "", "", bt_ctl_follow},
    {"top", "[once] [interval=SECONDS] [sort=trouble|name|cases]",
     "the broker live: departments, promises, inboxes, rates; once: one frame, as text", bt_ctl_top},
};
enum { OWN = sizeof own_commands / sizeof *own_commands, SEEN = sizeof seen_here / sizeof *seen_here };

/* Names of files are whatever somebody called them: what a terminal would obey is shown escaped. */
void bt_ctl_complain(const char *format, ...) {
  char *text = NULL;
  struct bt_arena arena;
  va_list args;
  va_start(args, format);
  const int n = vasprintf(&text, format, args);
  va_end(args);
  bt_arena_init(&arena, 16 * 1024 + (n > 0 ? 16 * (size_t)n : 0));
  const struct bt_str shown = bt_out_escape(&arena, n > 0 ? (struct bt_str){text, (size_t)n} : (struct bt_str){0});
  fprintf(stderr, "batonctl: %.*s\n", BT_STR_ARG(shown));
  bt_arena_fini(&arena);
  if (n >= 0)
    free(text);
}

static void help(FILE *to) {
  fputs("usage: batonctl [--control DIR] [--json] COMMAND [ARGUMENT...]\n\n"
        "  --control DIR  the broker's control folder ($BATON_CONTROL, else /run/baton)\n"
        "  --json         one JSON document\n"
        "  --yes          do what asks for a confirmation without asking\n"
        "  --as NAME      for whom root acts ($SUDO_USER, where there is one)\n"
        "  --limit N, --from PLACE, --department NAME, --dry-run, ...\n"
        "                 what a command takes as limit=N, from=PLACE, department=NAME, dry-run, ...\n"
        "  --commands     all commands for programs: words, arguments, socket, separated by tabs\n"
        "  --help, --version\n\n"
        "Commands of the broker (CASE: a ref, an id, DEPARTMENT/LOCAL-ID or DOMAIN:VALUE):\n",
        to);
  bt_control_describe(to);
  fprintf(to, "  top %s\n      %s\n", seen_here[SEEN - 1].arguments, seen_here[SEEN - 1].help);
  fputs("\nCommands that need no broker:\n", to);
  for (size_t i = 0; i < OWN; i++)
    fprintf(to, "  %s %s\n      %s\n", own_commands[i].word, own_commands[i].arguments, own_commands[i].help);
  fputs("\nExit: 0 done, 1 refused or not in order, 2 wrong usage, 3 no broker there, or no data folder to verify,\n"
        "4 nothing done: a confirmation is asked for.\n",
        to);
}

static const struct option long_options[] = {{"control", required_argument, NULL, 'c'},
                                             {"json", no_argument, NULL, 'j'},
                                             {"yes", no_argument, NULL, 'y'},
                                             {"as", required_argument, NULL, 'a'},
                                             {"anonymous", no_argument, NULL, 'w'},
                                             {"dry-run", no_argument, NULL, 'w'},
                                             {"once", no_argument, NULL, 'w'},
                                             {"adapter", required_argument, NULL, 'w'},
                                             {"against", required_argument, NULL, 'w'},
                                             {"agreed", required_argument, NULL, 'w'},
                                             {"case", required_argument, NULL, 'w'},
                                             {"confirm", required_argument, NULL, 'w'},
                                             {"custodian", required_argument, NULL, 'w'},
                                             {"days", required_argument, NULL, 'w'},
                                             {"department", required_argument, NULL, 'w'},
                                             {"for", required_argument, NULL, 'w'},
                                             {"from", required_argument, NULL, 'w'},
                                             {"interval", required_argument, NULL, 'w'},
                                             {"upto", required_argument, NULL, 'w'},
                                             {"snapshot", no_argument, NULL, 'w'},
                                             {"with-key", no_argument, NULL, 'w'},
                                             {"repair", no_argument, NULL, 'w'},
                                             {"into", required_argument, NULL, 'w'},
                                             {"kind", required_argument, NULL, 'w'},
                                             {"last", required_argument, NULL, 'w'},
                                             {"limit", required_argument, NULL, 'w'},
                                             {"lines", required_argument, NULL, 'w'},
                                             {"older", required_argument, NULL, 'w'},
                                             {"reason", required_argument, NULL, 'w'},
                                             {"sort", required_argument, NULL, 'w'},
                                             {"state", required_argument, NULL, 'w'},
                                             {"status", required_argument, NULL, 'w'},
                                             {"topic", required_argument, NULL, 'w'},
                                             {"until", required_argument, NULL, 'w'},
                                             {"within", required_argument, NULL, 'w'},
                                             {"commands", no_argument, NULL, 'l'},
                                             {"help", no_argument, NULL, 'h'},
                                             {"version", no_argument, NULL, 'V'},
                                             {0}};

/* "NAME  a|b|c  value": what may stand for a word of the arguments. */
static void list_values(FILE *to) {
  fputs("KIND\t", to);
  for (int kind = BT_CASE_OPENED; kind <= BT_KIND_NEWEST; kind++)
    if (*bt_kind_name(kind) != '?')
      fprintf(to, "%s%s", kind > BT_CASE_OPENED ? "|" : "", bt_kind_name(kind));
  fputs("\tvalue\nOPTIONS\t", to);
  for (const struct option *o = long_options; o->name; o++)
    fprintf(to, "%s--%s", o > long_options ? "|" : "", o->name);
  fputs("\tvalue\n", to);
}

static void list(FILE *to) {
  bt_control_list(to);
  fprintf(to, "top\t%s\tread\n", seen_here[SEEN - 1].arguments);
  for (size_t i = 0; i < OWN; i++)
    fprintf(to, "%s\t%s\tnone\n", own_commands[i].word, own_commands[i].arguments);
  list_values(to);
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
  o->progress = isatty(STDERR_FILENO);
  o->colour = o->width && term && strcmp(term, "dumb") != 0 && !(no_colour && *no_colour);
}

/* Options that are words of the broker's: "--days 3" is "days=3". */
struct words {
  char *v[MAX_WORDS];
  int n;
  char said[SAID][WORD_SIZE];
  int n_said;
};

static bool say(struct words *w, const char *name, const char *value) {
  if (w->n_said == SAID)
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
  for (size_t i = 0; i < SEEN; i++)
    if (strcmp(words[0], seen_here[i].word) == 0)
      return seen_here[i].run(options, words, n);
  return bt_ctl_ask(options, words, n);
}

int main(int argc, char **argv) {
  const char *from_environment = getenv("BATON_CONTROL"), *sudo_user = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
  struct bt_ctl_options options = {
      .control_dir = from_environment && *from_environment ? from_environment : "/run/baton",
      .as = sudo_user && *sudo_user && strcmp(sudo_user, "root") != 0 ? sudo_user : NULL,
  };
  struct words words = {.n = 0};
  bool fits = true;
  look_at_terminal(&options);
  for (int c, which; (c = getopt_long(argc, argv, "c:jyhV", long_options, &which)) != -1;)
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
    case 'y':
      options.yes = true;
      break;
    case 'a':
      options.as = optarg;
      break;
    case 'l':
      list(stdout);
      return BT_EXIT_OK;
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
