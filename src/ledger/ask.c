#include "ledger/ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ledger/addcheckpoint.h"

/* One witness while it is asked. */
struct turn {
    struct fb_ask *ask;
    char url[FB_URL_MAX];
    struct fb_buf request;
    struct fb_buf note; /* scratch: the checkpoint with what was answered */
    bool is_pending;
};

struct asking {
    struct fb_ledger *ledger;
    struct fb_str note;
    struct fb_str text; /* of note */
    uint64_t size;
    struct turn *turns;
    struct fb_exchange *exchanges;
    size_t count;
};

/* The witness will not be asked again. */
static void give_up(struct turn *turn, enum fb_code code, const char *message, const char *hint)
{
    turn->is_pending = false;
    fb_err_set(&turn->ask->err, code, "%s", message);
    if (hint) {
        fb_err_hint(&turn->ask->err, "%s", hint);
    }
}

static enum fb_code prepare(struct asking *asking, struct turn *turn, struct fb_err *err)
{
    struct fb_add_request request = {.old_size = turn->ask->old_size, .note = asking->note};
    FB_ASSERT(request.old_size <= asking->size);
    enum fb_code code = fb_ledger_prove_consistency(
        asking->ledger, request.old_size, asking->size, &request.proof, err);
    if (code == FB_OK && request.proof.count > FB_ADD_PROOF_MAX) {
        code = fb_err_set(
            err, FB_E_LIMIT, "a proof to a witness has more than %d hashes", FB_ADD_PROOF_MAX);
    }
    if (code == FB_OK) {
        fb_buf_clear(&turn->request);
        fb_add_request_format(&request, &turn->request);
        code = fb_buf_check(&turn->request, "a request to a witness", err);
    }
    return code;
}

/* Writes the address of a witness's add-checkpoint. */
static void set_url(struct turn *turn)
{
    struct fb_str prefix = turn->ask->url;
    while (prefix.len > 0 && prefix.ptr[prefix.len - 1] == '/') {
        prefix.len--;
    }
    int len = snprintf(turn->url, sizeof(turn->url), "%.*s/add-checkpoint", FB_STR_ARG(prefix));
    bool is_whole = memchr(prefix.ptr ? prefix.ptr : "", 0, prefix.len) == NULL;
    if (len < 0 || (size_t)len >= sizeof(turn->url) || !is_whole || !fb_url_is(turn->url)) {
        give_up(turn, FB_E_SYNTAX, "its address is no URL of http or https", NULL);
    }
}

static enum fb_code take_cosignature(
    struct asking *asking, struct turn *turn, struct fb_str answer, struct fb_buf *lines)
{
    struct fb_ask *ask = turn->ask;
    struct fb_note_check check = {.verifiers = &ask->key, .verifier_count = 1};
    struct fb_str line;
    struct fb_buf bytes;
    fb_buf_clear(&turn->note);
    fb_buf_add_str(&turn->note, asking->text);
    fb_buf_add_char(&turn->note, '\n');
    fb_buf_add_str(&turn->note, answer);
    enum fb_code code = fb_buf_check(&turn->note, "the answer of a witness", &ask->err);
    if (code == FB_OK) {
        code = fb_note_verify(fb_buf_str(&turn->note), &check, &ask->err);
    }
    if (code == FB_OK && check.cosigned_at_s == 0) {
        code = fb_err_set(&ask->err, FB_E_SIGNATURE, "the cosignature has no time");
    }
    if (code != FB_OK) {
        return code;
    }
    /* Lines of keys that we do not know are not handed on. */
    fb_buf_init(&bytes, FB_NOTE_MAX);
    while (code == FB_OK && fb_str_line(&answer, &line)) {
        struct fb_note_signature signature;
        code = fb_note_signature_parse(line, &bytes, &signature, &ask->err);
        if (code == FB_OK && signature.id == ask->key.key_id &&
            fb_str_is(signature.name, ask->key.name)) {
            fb_buf_add_str(lines, line);
            fb_buf_add_char(lines, '\n');
        }
    }
    fb_buf_release(&bytes);
    if (code == FB_OK) {
        ask->is_cosigned = true;
        ask->at_s = check.cosigned_at_s;
    }
    return code;
}

/* A witness saw another size than we thought: it is asked again with the proof from there. */
static void take_conflict(struct asking *asking, struct turn *turn, struct fb_str answer)
{
    struct fb_ask *ask = turn->ask;
    uint64_t size = 0;
    struct fb_str line = {NULL, 0};
    bool good = answer.len > 0 && answer.ptr[answer.len - 1] == '\n' &&
                fb_str_line(&answer, &line) && answer.len == 0 && fb_str_u64(line, &size);
    if (!good || size == ask->old_size) {
        give_up(turn, FB_E_IO, "it answered 409 without the size that it cosigned", NULL);
        return;
    }
    ask->old_size = size;
    if (size > asking->size) {
        turn->is_pending = false;
        fb_err_set(&ask->err, FB_E_FORK,
            "it says that it cosigned %" PRIu64 " entries of this log, which has %" PRIu64 " here",
            size, asking->size);
        fb_err_hint(&ask->err, "Ask its keeper for that checkpoint: when this log signed it, the "
                               "ledger was set back, and its newest copy must be restored.");
    }
}

static void take_answer(struct asking *asking, struct turn *turn,
    const struct fb_exchange *exchange, struct fb_buf *lines)
{
    struct fb_ask *ask = turn->ask;
    if (exchange->code != FB_OK) {
        turn->is_pending = false;
        ask->err = exchange->err;
        return;
    }
    ask->status = exchange->status;
    switch (exchange->status) {
    case FB_ADD_GOOD:
        turn->is_pending = false;
        if (take_cosignature(asking, turn, fb_buf_str(&exchange->answer), lines) != FB_OK) {
            ask->is_cosigned = false;
        }
        return;
    case FB_ADD_CONFLICT:
        take_conflict(asking, turn, fb_buf_str(&exchange->answer));
        return;
    case FB_ADD_UNKNOWN:
        give_up(turn, FB_E_NOT_FOUND, "it does not know this log",
            "Give the witness's keeper the key that `flyball log key` prints.");
        return;
    case FB_ADD_UNSIGNED:
        give_up(turn, FB_E_SIGNATURE, "it does not accept the signature of this log",
            "The witness's keeper has another key for this origin: see `flyball log key`.");
        return;
    case FB_ADD_UNPROVED:
        give_up(turn, FB_E_FORK, "it says that this log does not continue what it cosigned",
            "Ask the witness's keeper for the checkpoint that it cosigned last, and keep both.");
        return;
    default:
        turn->is_pending = false;
        fb_err_set(&ask->err, FB_E_IO, "it answered with status %u", exchange->status);
    }
}

/* Asks everyone who is pending once. */
static enum fb_code run_round(struct asking *asking, const struct fb_transport *transport,
    struct fb_buf *lines, struct fb_err *err)
{
    size_t pending[FB_ASK_MAX], count = 0;
    for (size_t i = 0; i < asking->count; i++) {
        struct turn *turn = &asking->turns[i];
        if (!turn->is_pending) {
            continue;
        }
        enum fb_code code = prepare(asking, turn, err);
        if (code != FB_OK) {
            return code;
        }
        struct fb_exchange *exchange = &asking->exchanges[count];
        fb_buf_clear(&exchange->answer);
        fb_err_init(&exchange->err);
        exchange->url = turn->url;
        exchange->is_post = true;
        exchange->body = fb_buf_str(&turn->request);
        exchange->code = FB_E_IO;
        exchange->status = 0;
        pending[count++] = i;
    }
    if (count > 0) {
        transport->perform(transport->ctx, asking->exchanges, count);
    }
    for (size_t k = 0; k < count; k++) {
        take_answer(asking, &asking->turns[pending[k]], &asking->exchanges[k], lines);
    }
    return FB_OK;
}

static enum fb_code start(struct asking *asking, struct fb_ask *asks, struct fb_err *err)
{
    struct fb_str lines;
    struct fb_checkpoint checkpoint;
    enum fb_code code = fb_note_split(asking->note, &asking->text, &lines, err);
    if (code == FB_OK) {
        code = fb_checkpoint_parse(asking->text, &checkpoint, err);
    }
    if (code != FB_OK) {
        return code;
    }
    asking->size = checkpoint.size;
    for (size_t i = 0; i < asking->count; i++) {
        struct turn *turn = &asking->turns[i];
        turn->ask = &asks[i];
        turn->is_pending = true;
        fb_err_init(&asks[i].err);
        asks[i].is_cosigned = false;
        asks[i].at_s = 0;
        asks[i].status = 0;
        /* What was kept may be of a ledger that is longer; then the witness says so itself. */
        asks[i].old_size = asks[i].old_size <= asking->size ? asks[i].old_size : asking->size;
        set_url(turn);
    }
    return FB_OK;
}

static void release(struct asking *asking)
{
    for (size_t i = 0; i < asking->count; i++) {
        if (asking->turns) {
            fb_buf_release(&asking->turns[i].request);
            fb_buf_release(&asking->turns[i].note);
        }
        if (asking->exchanges) {
            fb_buf_release(&asking->exchanges[i].answer);
        }
    }
    fb_free(asking->turns);
    fb_free(asking->exchanges);
}

enum fb_code fb_ask_witnesses(struct fb_ledger *ledger, struct fb_str note,
    const struct fb_transport *transport, struct fb_ask *asks, size_t count, struct fb_buf *lines,
    struct fb_err *err)
{
    FB_ASSERT(ledger && transport && lines);
    FB_ASSERT(asks && count > 0 && count <= FB_ASK_MAX);
    struct asking asking = {.ledger = ledger,
        .note = note,
        .turns = fb_calloc(count, sizeof(struct turn)),
        .exchanges = fb_calloc(count, sizeof(struct fb_exchange)),
        .count = count};
    enum fb_code code = FB_OK;
    if (!asking.turns || !asking.exchanges) {
        code = fb_err_set(err, FB_E_NOMEM, "memory ran out while asking witnesses");
        goto out;
    }
    for (size_t i = 0; i < count; i++) {
        fb_buf_init(&asking.turns[i].request, FB_ADD_REQUEST_MAX);
        fb_buf_init(&asking.turns[i].note, FB_NOTE_MAX + FB_ASK_ANSWER_MAX);
        fb_buf_init(&asking.exchanges[i].answer, FB_ASK_ANSWER_MAX);
    }
    code = start(&asking, asks, err);
    for (int round = 0; code == FB_OK && round < FB_ASK_ROUNDS_MAX; round++) {
        code = run_round(&asking, transport, lines, err);
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        if (asking.turns[i].is_pending) {
            give_up(&asking.turns[i], FB_E_BUSY, "it cosigned other sizes while it was asked",
                "Somebody else asks it for this log too: run the command again.");
        }
    }
    if (code == FB_OK) {
        code = fb_buf_check(lines, "the cosignatures", err);
    }
out:
    release(&asking);
    return code;
}
