/* Everything that a department could send about a case, with few values for each field. */
#include "search.h"
#include "trace/fields.h"

/* OTHER is another department, @… an object of the case, +… a time from now. */
static const char *const texts[] = {
    "HandoffOffered to=OTHER next_step=go",
    "HandoffOffered topic=order waiting=yes",
    "HandoffOffered to=OTHER deadline=+30m",
    "HandoffAccepted offer=@offer digest=@digest",
    "HandoffRefused offer=@offer reason=wrong-department",
    "HandoffRefused offer=@offer reason=wrong-department right=OTHER",
    "HandoffRefused offer=@offer reason=no-capacity",
    "HandoffRefused offer=@offer reason=missing-information text=which?",
    "HandoffRefused offer=@offer reason=closed",
    "HandoffRefused offer=@offer reason=other text=no",
    "HandoffCountered offer=@offer at=+2h type=visit",
    "HandoffWithdrawn offer=@offer",
    "HandoffReported to=OTHER",
    "PromiseMade type=callback text=call due=+1h",
    "PromiseMade type=visit text=come due=+26h",
    "PromiseKept promise=@promise",
    "PromiseRenegotiated promise=@promise due=+3h agreed_with=customer reason=ill",
    "PromiseWithdrawn promise=@promise reason=moot",
    "QuestionAsked to=OTHER text=why?",
    "QuestionAnswered question=@question text=so",
    "QuestionWithdrawn question=@question",
    "WorkStarted action=refund subject=bill",
    "WorkStarted action=charge subject=bill exclusive=yes lease=2h",
    "WorkRenewed work=@work",
    "WorkFinished work=@work",
    "WorkFailed work=@work text=broken",
    "StatusChanged status=pending on=customer",
    "StatusChanged status=pending on=vendor until=+5h",
    "StatusChanged status=open",
    "CaseResolved resolution=done",
    "CaseResolved resolution=done reason=moot",
    "CaseClosed",
    "CaseClosed reason=moot",
    "CaseReopened reason=again",
    "ContactLogged by=mail:x channel=phone direction=inbound",
    "ContactLogged by=mail:x channel=phone direction=outbound outcome=not-reached",
    "ContactLogged by=mail:x channel=phone direction=inbound outcome=dropped",
    "AttemptFailed by=mail:x route=web error=500",
    "FeedbackGiven source=customer score=1",
    "FeedbackGiven source=customer score=5",
    "FeedbackGiven source=department score=2 rates=@held",
    "OwnerAppointed owner=OTHER reason=better",
    "RedressGiven form=voucher value=10",
    "NoteAdded text=x",
};

static const struct {
  const char *name;
  enum search_object object;
} objects[] = {{"@offer", OFFER},       {"@digest", DIGEST}, {"@promise", PROMISE},
               {"@question", QUESTION}, {"@work", WORK},     {"@held", HELD_BY_OFFER}};

static const struct trace_field *field_of(uint32_t kind, struct bt_str name) {
  for (size_t i = 0; i < trace_n_fields; i++)
    if ((trace_fields[i].kind == kind || trace_fields[i].kind == 0) && bt_str_eq(name, bt_str(trace_fields[i].name)))
      return &trace_fields[i];
  return NULL;
}

static bool add_patch(struct search_move *m, struct bt_str name, struct bt_str value) {
  const struct trace_field *f = field_of(m->event.kind, name);
  if (!f || m->n == SEARCH_MAX_PATCHES)
    return false;
  struct search_patch *p = &m->patches[m->n++];
  *p = (struct search_patch){.object = LATER, .offset = f->offset};
  if (value.p[0] == '+')
    return trace_parse_span((struct bt_str){value.p + 1, value.n - 1}, &p->span_us) == 0;
  for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
    if (bt_str_eq(value, bt_str(objects[i].name))) {
      p->object = objects[i].object;
      return true;
    }
  return false;
}

static bool set_word(struct search_move *m, struct bt_str word, struct bt_str other, struct bt_arena *arena) {
  const char *at = memchr(word.p, '=', word.n);
  if (!at)
    return false;
  struct bt_str name = {word.p, (size_t)(at - word.p)}, value = {at + 1, word.n - name.n - 1};
  if (value.n && (value.p[0] == '@' || value.p[0] == '+'))
    return add_patch(m, name, value);
  return !trace_set(&m->event, name, bt_str_eq(value, BT_LIT("OTHER")) ? other : value, arena);
}

static bool compile(const char *text, struct bt_str department, struct bt_str other, struct bt_arena *arena,
                    struct search_move *ret) {
  bool fine = true;
  *ret = (struct search_move){.text = text};
  for (size_t n; *text && fine; text += n + (text[n] == ' ')) {
    n = strcspn(text, " ");
    struct bt_str word = {text, n};
    if (ret->event.kind)
      fine = set_word(ret, word, other, arena);
    else
      ret->event.kind = (uint32_t)bt_kind_parse(word);
    fine = fine && ret->event.kind;
  }
  ret->event.department = department;
  return fine;
}

const char *search_compile(const struct bt_rules *rules, struct bt_arena *arena, struct search_moves *ret) {
  const uint32_t n = rules->departments.n;
  ret->n = 0;
  ret->v[ret->n++] = (struct search_move){.text = "the next timer"};
  for (uint32_t d = 0; d < n; d++)
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
      for (uint32_t o = 0; o < n; o++) {
        bool other = strstr(texts[i], "OTHER") != NULL;
        if (o == d || (!other && o != (d + 1) % n)) /* once, where nobody else is named */
          continue;
        struct bt_str department = rules->departments.v[d].name;
        if (ret->n == SEARCH_MAX_MOVES)
          return "too many moves";
        if (!compile(texts[i], department, rules->departments.v[o].name, arena, &ret->v[ret->n++]))
          return texts[i];
      }
  return NULL;
}

/* 0: there is none. The last one, so that every list can be worked off. */
static uint64_t object_of(const struct bt_case *c, enum search_object object) {
  switch (object) {
  case OFFER:
  case DIGEST:
    return c->offer.id;
  case PROMISE:
    return c->promises.n ? c->promises.v[c->promises.n - 1].id : 0;
  case QUESTION:
    return c->questions.n ? c->questions.v[c->questions.n - 1].id : 0;
  case WORK:
    return c->work.n ? c->work.v[c->work.n - 1].id : 0;
  case HELD_BY_OFFER:
    return c->trail.n ? c->trail.v[c->trail.n - 1].offer : 0;
  case LATER:
    break;
  }
  return 0;
}

/* More of the same would only cost depth. */
static bool has_enough(const struct bt_case *c, uint32_t kind) {
  return (kind == BT_PROMISE_MADE && c->promises.n >= 2) || (kind == BT_QUESTION_ASKED && c->questions.n >= 1) ||
         (kind == BT_WORK_STARTED && c->work.n >= 2);
}

bool search_event(const struct search_move *move, const struct bt_case *c, int64_t now_us, struct bt_event *ret) {
  if (has_enough(c, move->event.kind))
    return false;
  *ret = move->event;
  if (!ret->locator.identifier.domain.n) {
    ret->locator.id = c->id;
    ret->expected_version = c->version;
  }
  for (uint32_t i = 0; i < move->n; i++) {
    const struct search_patch *p = &move->patches[i];
    void *at = (char *)ret + p->offset;
    uint64_t object = object_of(c, p->object);
    if (p->object == LATER)
      *(int64_t *)at = now_us + p->span_us;
    else if (!object)
      return false;
    else if (p->object == DIGEST)
      *(struct bt_str *)at = c->offer.digest;
    else
      *(uint64_t *)at = object;
  }
  return true;
}
