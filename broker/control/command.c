/* The command table. */
#include "control/command.h"

#define READ BT_PRIVILEGE_READ
#define ADMIN BT_PRIVILEGE_ADMIN

const struct bt_command bt_command_table[] = {
    {"help", READ, "[WORD...]", 0, BT_ANY_NUMBER, "these commands", bt_cmd_help},
    {"status", READ, "", 0, 0, "the broker on one screen: trouble first, backlog, figures", bt_cmd_status},
    {"show departments", READ, "", 0, 0, "departments as configured", bt_cmd_departments},
    {"show adapters", READ, "", 0, 0, "adapters: who is connected, how the systems behind them do, their spools",
     bt_cmd_adapters},
    {"show cases", READ,
     "[custodian=DEPARTMENT] [status=open|pending|resolved|closed|merged] [topic=TOPIC] [limit=N] [from=ID]", 0, 0,
     "cases as of the last checkpoint, by id", bt_cmd_cases},
    {"show case", READ, "CASE", 1, 1, "one case: state, facts, what failed, who held it", bt_cmd_case},
    {"show offers", READ, "[department=DEPARTMENT] [state=open|waiting] [limit=N] [from=PLACE]", 0, 0,
     "open offers: who is to act, since when", bt_cmd_offers},
    {"show promises", READ, "[department=DEPARTMENT] [state=open|at-risk|broken] [limit=N] [from=PLACE]", 0, 0,
     "promises, broken ones first", bt_cmd_promises},
    {"show questions", READ, "[department=DEPARTMENT] [state=open|overdue] [limit=N] [from=PLACE]", 0, 0,
     "questions not answered yet, overdue ones first", bt_cmd_questions},
    {"show timers", READ, "[limit=N] [from=PLACE]", 0, 0, "what comes next by itself, and when", bt_cmd_timers},
    {"show config", READ, "", 0, 0, "the running configuration in full, its file and digest", bt_cmd_config},
    {"show inboxes", READ, "", 0, 0, "undelivered events for each adapter, the oldest first", bt_cmd_inboxes},
    {"show archive", READ, "", 0, 0, "what was cut from the journal, where it is, and the snapshots", bt_cmd_archive},
    {"show dead", READ, "[ADAPTER] [limit=N]", 0, 1, "deliveries that were given up, and why", bt_cmd_dead},
    {"show alerts", READ, "", 0, 0, "alerts that are raised, since when, and what to look at", bt_cmd_alerts},
    {"show audit", READ, "[limit=N] [from=EVENT]", 0, 0, "what operators did, and why, newest first", bt_cmd_audit},
    {"show standing", READ, "", 0, 0, "each department: what it holds, is to answer, has promised, and since when",
     bt_cmd_standing},
    {"show customers", READ, "[limit=N] [from=ID]", 0, 0, "customers by id, without what they are known by",
     bt_cmd_customers},
    {"show references", READ, "[department=DEPARTMENT] [limit=N] [from=PLACE]", 0, 0,
     "departments' own numbers, and the cases they mean", bt_cmd_references},
    {"show cursors", READ, "", 0, 0, "how far adapters have read their sources", bt_cmd_cursors},
    {"show seen", READ, "", 0, 0, "source keys that are kept, so that nothing counts twice", bt_cmd_seen},
    {"show advisories", READ, "", 0, 0, "known trouble that has not ended", bt_cmd_advisories},
    {"show sweeps", READ, "", 0, 0, "wide effects that are on their way through the cases", bt_cmd_sweeps},
    {"show record", READ, "", 0, 0, "the tables of the record: rows, and which command shows them", bt_cmd_record},
    {"show stats", READ, "", 0, 0, "what each department did: contacts, offers, resolutions", bt_cmd_stats},
    {"show sessions", READ, "", 0, 0, "connected adapters", bt_cmd_sessions},
    {"show counters", READ, "", 0, 0, "what the broker counted since it started", bt_cmd_counters},
    {"find", READ, "DOMAIN:VALUE", 1, BT_ANY_NUMBER, "a customer and their cases, by identifier", bt_cmd_find},
    {"history", READ, "CASE [limit=N]", 1, 1, "a case's events, newest first", bt_cmd_history},
    {"card", READ, "CASE", 1, 1, "a case's handoff card: of the open offer, else made now", bt_cmd_card},
    {"journeys", READ, "", 0, 0,
     "figures over all cases: handoffs, bounces, reopened, waiting (a wait that has not ended is not counted)",
     bt_cmd_journeys},
    {"journey", READ, "CASE [anonymous]", 1, 2,
     "one case's way through the company, drawn; anonymous: without names, texts and dates, for training",
     bt_cmd_journey},
    {"scorecard", READ, "[DEPARTMENT] [days=N] [from=DATE] [until=DATE]", 0, 1,
     "how departments did, or one of them and its pairs; whole days, UTC", bt_cmd_scorecard},
    {"follow", READ,
     "[case=CASE] [department=DEPARTMENT] [adapter=ADAPTER] [kind=KIND] [topic=TOPIC] [from=EVENT] [lines=N]", 0, 0,
     "events as they come, one line each; from: also those from there on", bt_cmd_follow},
    {"who", READ, "TOPIC", 1, 1, "who would be asked to take a case on a topic, and why", bt_cmd_who},
    {"clock show", READ, "", 0, 0, "the wall clock, recorded time, and whether the one is believed", bt_cmd_clock_show},
    {"clock accept", ADMIN, "[confirm=CODE] [REASON...]", 0, BT_ANY_NUMBER,
     "believe the wall clock after a jump: timers go on; asks for a confirmation", bt_cmd_clock_accept},
#ifdef BT_TEST_CLOCK
    {"clock advance", ADMIN, "SECONDS", 1, 1, "let so much time pass", bt_cmd_clock_advance},
    {"clock jump", ADMIN, "SECONDS", 1, 1, "set the wall clock alone", bt_cmd_clock_jump},
#endif
    {"dead show", READ, "ADAPTER CASE|EVENT", 2, 2, "dead letters whole, and what the adapter would get of them now",
     bt_cmd_dead_show},
    {"dead retry", ADMIN,
     "[ADAPTER EVENT | all] [adapter=ADAPTER] [case=CASE] [reason=TEXT] [older=SPAN] [lines=N] [dry-run] REASON...", 0,
     BT_ANY_NUMBER, "deliver dead letters again, marked as redelivery", bt_cmd_dead_retry},
    {"dead drop", ADMIN,
     "[ADAPTER EVENT | all] [adapter=ADAPTER] [case=CASE] [reason=TEXT] [older=SPAN] [lines=N] [confirm=CODE] "
     "[dry-run] REASON...",
     0, BT_ANY_NUMBER, "forget dead letters for good; more than one asks for a confirmation", bt_cmd_dead_drop},
    {"redeliver", ADMIN, "ADAPTER FROM..TO [lines=N] [dry-run] REASON...", 2, BT_ANY_NUMBER,
     "deliver again what was addressed to an adapter, by numbers of events", bt_cmd_redeliver},
    {"offer make", ADMIN, "CASE DEPARTMENT|topic:TOPIC [for=DEPARTMENT] [version=N] REASON...", 3, BT_ANY_NUMBER,
     "offer a case, in its custodian's name", bt_cmd_offer_make},
    {"offer withdraw", ADMIN, "CASE [for=DEPARTMENT] [version=N] REASON...", 2, BT_ANY_NUMBER,
     "take the open offer back, in the custodian's name", bt_cmd_offer_withdraw},
    {"offer expire", ADMIN, "CASE [version=N] REASON...", 2, BT_ANY_NUMBER,
     "wait no longer for an answer: the case goes where it would go at the deadline", bt_cmd_offer_expire},
    {"promise keep", ADMIN, "EVENT [case=CASE] [for=DEPARTMENT] [version=N] REASON...", 2, BT_ANY_NUMBER,
     "a promise was kept", bt_cmd_promise_keep},
    {"promise withdraw", ADMIN, "EVENT [case=CASE] [for=DEPARTMENT] [version=N] REASON...", 2, BT_ANY_NUMBER,
     "the customer no longer wants what was promised", bt_cmd_promise_withdraw},
    {"promise renegotiate", ADMIN, "EVENT TIME|+SPAN [agreed=WHO] [case=CASE] [for=DEPARTMENT] [version=N] REASON...",
     3, BT_ANY_NUMBER, "another time was agreed with the customer", bt_cmd_promise_renegotiate},
    {"question withdraw", ADMIN, "EVENT [case=CASE] [for=DEPARTMENT] [version=N] REASON...", 2, BT_ANY_NUMBER,
     "a question needs no answer any more, in the asker's name", bt_cmd_question_withdraw},
    {"work fail", ADMIN, "EVENT [case=CASE] [for=DEPARTMENT] [version=N] REASON...", 2, BT_ANY_NUMBER,
     "work has failed, and stands in nobody's way any more", bt_cmd_work_fail},
    {"owner appoint", ADMIN, "CASE DEPARTMENT [for=DEPARTMENT] [version=N] REASON...", 3, BT_ANY_NUMBER,
     "who answers for the whole journey, in the owner's name", bt_cmd_owner_appoint},
    {"case resolve", ADMIN, "CASE [for=DEPARTMENT] [version=N] REASON...", 2, BT_ANY_NUMBER,
     "in the custodian's name; over what others have open: for=OWNER", bt_cmd_case_resolve},
    {"case close", ADMIN, "CASE [for=DEPARTMENT] [version=N] REASON...", 2, BT_ANY_NUMBER, "likewise",
     bt_cmd_case_close},
    {"case reopen", ADMIN, "CASE [for=DEPARTMENT] [version=N] REASON...", 2, BT_ANY_NUMBER, "in the custodian's name",
     bt_cmd_case_reopen},
    {"case note", ADMIN, "CASE [for=DEPARTMENT] TEXT...", 2, BT_ANY_NUMBER,
     "a note on the case, in the custodian's name", bt_cmd_case_note},
    {"case", READ, "CASE", 1, 1, "the same as show case", bt_cmd_case},
    {"alerts test", ADMIN, "", 0, 0, "run the alert command once, with an alert that is none", bt_cmd_alerts_test},
    {"drain show", READ, "", 0, 0, "is new work taken, what is out, what waits", bt_cmd_drain_show},
    {"drain stop", ADMIN, "[REASON...]", 0, BT_ANY_NUMBER, "take new work again", bt_cmd_drain_stop},
    {"drain exit", ADMIN, "[within=SPAN] [REASON...]", 0, BT_ANY_NUMBER,
     "likewise drain, then leave in order; within: at the latest after it (30s)", bt_cmd_drain_exit},
    {"drain", ADMIN, "[within=SPAN] [REASON...]", 0, BT_ANY_NUMBER,
     "before maintenance: take no new work, let what is out be settled, say what is left", bt_cmd_drain},
    {"shutdown", ADMIN, "[REASON...]", 0, BT_ANY_NUMBER, "leave in order, at once", bt_cmd_shutdown},
    {"loglevel", ADMIN, "[debug|info|warn|error] [REASON...]", 0, BT_ANY_NUMBER,
     "what the log has, or what it is to have from now on", bt_cmd_loglevel},
    {"backup", ADMIN, "DIR [snapshot]", 1, 2,
     "copy everything that came since the last time into a folder; see restore", bt_cmd_backup},
    {"verify", ADMIN, "", 0, 0, "check journal, archive and record beside the running broker", bt_cmd_verify},
    {"hold", ADMIN, "ADAPTER [REASON...]", 1, BT_ANY_NUMBER, "stop delivering to an adapter", bt_cmd_hold},
    {"resume", ADMIN, "ADAPTER [REASON...]", 1, BT_ANY_NUMBER, "deliver to it again", bt_cmd_resume},
    {"reload", ADMIN, "[dry-run]", 0, 1, "go on with the configuration on disk, or only say what that would change",
     bt_cmd_reload},
    {0},
};

static bool has_word(const struct bt_command *c, const struct bt_strs *words) {
  for (uint32_t i = 0; i < words->n; i++)
    if (!memmem(c->words, strlen(c->words), words->v[i].p, words->v[i].n))
      return false;
  return true;
}

int bt_cmd_help(struct bt_call *call) {
  static const struct bt_out_column columns[] = {
      {"command", BT_OUT_TEXT, BT_OUT_WRAP}, {"needs", BT_OUT_TEXT, BT_OUT_PLAIN}, {"help", BT_OUT_TEXT, BT_OUT_WRAP}};
  BT_OUT_TABLE(call->out, "commands", columns);
  for (const struct bt_command *c = bt_command_table; c->words; c++)
    if (has_word(c, &call->args))
      BT_OUT_ROW(call->out,
                 bt_out_text(bt_arena_printf(call->arena, "%s%s%s", c->words, *c->arguments ? " " : "", c->arguments)),
                 bt_out_literal(c->privilege == ADMIN ? "admin" : "read"), bt_out_literal(c->help));
  bt_out_note(
      call->out,
      BT_LIT("CASE: its ref, its id, DEPARTMENT/LOCAL-ID or DOMAIN:VALUE. Before a command: json for one "
             "JSON document, width N for lines of at most N columns, ascii and colour for what the "
             "terminal can show, progress for lines of it, as NAME for whom root acts. EVENT: the number of an event, "
             "as history shows it. SPAN: 90s, 15m, 4h, 30d."));
  return 0;
}

void bt_control_describe(FILE *to) {
  for (const struct bt_command *c = bt_command_table; c->words; c++)
    fprintf(to, "  %s%s%s\n      %s%s\n", c->words, *c->arguments ? " " : "", c->arguments, c->help,
            c->privilege == ADMIN ? " (admin socket)" : "");
}

void bt_control_list(FILE *to) {
  for (const struct bt_command *c = bt_command_table; c->words; c++)
    fprintf(to, "%s\t%s\t%s\n", c->words, c->arguments, c->privilege == ADMIN ? "admin" : "read");
}
