/* The one list of error and refusal codes.
 *
 * Functions return 0 or a negative code: -BT_STALE. Codes below 100 travel on the wire with the same numbers
 * (baton.v1.Code); codes from 100 on stay in the process. The sentence is for people; who refuses adds what is special
 * about the case at hand. */
#ifndef BT_BASE_CODE_H
#define BT_BASE_CODE_H

#define BT_MUST_CHECK __attribute__((warn_unused_result))

/*   number, name, sentence */
#define BT_CODES(X)                                                                                                    \
  X(0, OK, "done")                                                                                                     \
  X(1, BAD_FRAME, "the message is not one well-formed frame of this protocol")                                         \
  X(2, BAD_PROTOCOL, "the broker does not speak this protocol version")                                                \
  X(3, HELLO_FIRST, "say Hello first: the broker knows no session for this connection")                                \
  X(4, IN_USE, "another instance of this adapter is connected")                                                        \
  X(5, OUT_OF_ORDER, "submit numbers are consecutive: this is not the next one")                                       \
  X(6, BUSY, "the broker has no room now: send the same item again later")                                             \
  X(7, STOPPING, "the broker is stopping: connect again later")                                                        \
  X(9, REVOKED, "this key is not, or no longer, granted to an adapter")                                                \
  X(20, INVALID, "a field is missing or has no valid value")                                                           \
  X(21, UNKNOWN_FIELD, "a field is not part of this protocol version")                                                 \
  X(22, LIMIT, "a bound of the protocol would be exceeded")                                                            \
  X(23, NOT_YET, "this kind of event has a name but no rules in this version of the broker")                           \
  X(24, CONFLICT, "this source key was used for other content")                                                        \
  X(25, TOO_OLD, "first tried so long ago that the broker cannot know whether it was taken")                           \
  X(26, BROKER_ONLY, "only the broker makes this")                                                                     \
  X(40, NOT_GRANTED, "the configuration does not grant this")                                                          \
  X(41, UNKNOWN_DEPARTMENT, "no department of this name is configured")                                                \
  X(42, UNKNOWN_DOMAIN, "no identifier domain of this name is configured")                                             \
  X(60, UNKNOWN_CASE, "no case of this name that the department takes part in")                                        \
  X(61, NOT_FOUND, "nothing of this name that the department may see")                                                 \
  X(62, STALE, "the case has moved on since the version this was decided on")                                          \
  X(63, NOT_CUSTODIAN, "only the department that holds the case may do this")                                          \
  X(64, WRONG_STATUS, "the case's status does not allow this")                                                         \
  X(65, OFFER_OPEN, "the case has an open offer: withdraw it first, or wait for the answer")                           \
  X(66, NO_SUCH_OFFER, "this offer is not, or no longer, open")                                                        \
  X(67, NOT_OFFERED, "the offer was made to another department")                                                       \
  X(68, WRONG_CARD, "the digest is not that of the offer's card: read the card first")                                 \
  X(69, NO_HANDLER, "no other department handles this topic")                                                          \
  X(70, BACKFILL_LATE, "the case has had live events: history can no longer be added")                                 \
  X(71, IDENTIFIER_TAKEN, "the identifier belongs to another customer")                                                \
  X(72, UNKNOWN_DELIVERY, "no unsettled delivery of this number")                                                      \
  X(73, BAD_PAGE, "the page token does not belong to this query")                                                      \
  X(74, NOT_OPEN, "the case has no open promise, question, work or advisory of this number")                           \
  X(75, NOT_YOURS, "it belongs to another department")                                                                 \
  X(76, CLOSED, "the department is closed: offer it to the topic and it waits for the first to open")                  \
  X(77, HORIZON, "lies beyond the compiled calendar")                                                                  \
  X(78, EXCLUSIVE, "another department works on this, and alone")                                                      \
  X(79, OTHERS_OPEN, "another department has a promise, a question or work open: only the owner may, with a reason")   \
  X(80, PING_PONG, "the case went to and fro too often: its owner decides where it goes")                              \
  X(81, MUST_TAKE, "this department cannot refuse a case")                                                             \
  X(82, VETO, "both have a value in a strong domain, and they differ")                                                 \
  X(83, MERGED, "the case points to another one: name that")                                                           \
  X(99, INTERNAL, "the broker failed; the event was not taken")                                                        \
  X(100, NOMEM, "out of memory or past an arena's limit")                                                              \
  X(101, IO, "the disk or the operating system refused")                                                               \
  X(102, FULL, "the map or the disk is full")                                                                          \
  X(103, CORRUPT, "stored bytes fail their checksum or do not parse")                                                  \
  X(104, AGAIN, "not now: the peer or the engine is not ready")                                                        \
  X(105, GONE, "the peer is gone")                                                                                     \
  X(106, USAGE, "called or configured wrongly")                                                                        \
  X(107, NEWER, "written by a newer version of the broker")                                                            \
  X(108, LOCKED, "in use by another process")                                                                          \
  X(109, FENCED, "another broker leads this journal now")                                                              \
  X(110, LOST, "the outcome of the append is unknown")                                                                 \
  X(111, ABSENT, "no such row")                                                                                        \
  X(112, AWAY, "it is in an archive segment that is not here")                                                         \
  X(113, OLDER, "written by an older version of the broker")

enum bt_code {
#define BT_CODE_ENUM(number, name, text) BT_##name = number,
  BT_CODES(BT_CODE_ENUM)
#undef BT_CODE_ENUM
};

/* Both take a code of either sign and never return NULL. */
const char *bt_code_name(int code); /* "STALE" */
const char *bt_code_text(int code); /* the sentence */

#endif
