#include "cli/monitor_run.h"

#include <string.h>

#include "base/assert.h"
#include "engine/wire.h"

enum { PIECE = 1 << 16, OUT_MAX = 1 << 30, WAIT_MAX_MS = 60000 };

/* ---- verdicts ---- */

/* What the output holds beyond the snapshot was printed before the process ended: it must be what
 * is printed again, and is passed over. */
static enum fb_code pass_over(struct fb_monitor_run *run, struct fb_str *line, struct fb_err *err)
{
    char there[4096];
    while (line->len && run->printed < run->before.size) {
        size_t want = line->len < sizeof(there) ? line->len : sizeof(there);
        uint64_t rest = run->before.size - run->printed;
        want = rest < want ? (size_t)rest : want;
        size_t got = 0;
        struct fb_io_span span = {there, want};
        enum fb_code code = fb_io_read_at(&run->before, run->printed, span, &got, err);
        if (code == FB_OK && (got < want || memcmp(there, line->ptr, want) != 0)) {
            code = fb_err_set(err, FB_E_MISMATCH,
                "'%s' goes on otherwise than this run does, from byte %llu on", run->plan->output,
                (unsigned long long)run->printed);
        }
        if (code) {
            return code;
        }
        run->printed += want;
        *line = fb_str_sub(*line, want, line->len);
    }
    return FB_OK;
}

static enum fb_code flush(struct fb_monitor_run *run, struct fb_err *err)
{
    struct fb_str text = fb_buf_str(&run->out);
    enum fb_code code = fb_buf_check(&run->out, "the verdicts", err);
    if (code || text.len == 0) {
        return code;
    }
    if (run->output.fd < 0) {
        code = fb_cli_print(run->cli, &run->out, err);
        run->printed += text.len;
    } else {
        code = run->before.fd >= 0 ? pass_over(run, &text, err) : FB_OK;
        code = code ? code : fb_io_append(&run->output, text, err);
        run->printed += text.len;
    }
    fb_buf_clear(&run->out);
    return code;
}

/* Lines are gathered until the piece of the log is done, or there are many. */
static enum fb_code take_line(void *ctx, struct fb_buf *line, struct fb_err *err)
{
    return line->len < PIECE ? FB_OK : flush(ctx, err);
}

/* ---- snapshots ---- */

static void tail_digest(const struct fb_monitor_run *run, uint8_t out[FB_SHA256_SIZE])
{
    fb_sha256_of((struct fb_str){run->tail, run->tail_len}, out);
}

static enum fb_code save(struct fb_monitor_run *run, struct fb_err *err)
{
    struct fb_buf state;
    uint8_t digest[FB_SHA256_SIZE];
    enum fb_code code = flush(run, err);
    if (code == FB_OK && run->output.fd >= 0) {
        code = fb_io_append_sync(&run->output, err);
    }
    if (code) {
        return code;
    }
    tail_digest(run, digest);
    fb_buf_init(&state, FB_SNAPSHOT_MAX);
    fb_wire_put_u64(&state, run->read);
    fb_wire_put_u64(&state, run->printed);
    fb_wire_put_u64(&state, run->tail_len);
    fb_buf_add(&state, digest, sizeof(digest));
    code = fb_monpoly_monitor_save(run->monitor, &state, err);
    code = code ? code : fb_snapshot_write(run->plan->save, run->identity, fb_buf_str(&state), err);
    fb_buf_release(&state);
    run->saved = run->stream.point_count;
    return code;
}

/* The log is the one that was read: it goes on behind the bytes that were read last. */
static enum fb_code check_log(
    struct fb_monitor_run *run, const uint8_t digest[FB_SHA256_SIZE], struct fb_err *err)
{
    struct fb_io_file file;
    uint8_t own[FB_SHA256_SIZE];
    size_t got = 0;
    enum fb_code code = fb_io_open(run->plan->log, &file, err);
    if (code) {
        return code;
    }
    if (file.size >= run->read) {
        struct fb_io_span span = {run->tail, run->tail_len};
        code = fb_io_read_at(&file, run->read - run->tail_len, span, &got, err);
        tail_digest(run, own);
    }
    if (code == FB_OK && (got < run->tail_len || memcmp(own, digest, sizeof(own)) != 0)) {
        (void)fb_err_set(err, FB_E_MISMATCH,
            "'%s' is not the log that was read up to byte %llu when the snapshot was saved",
            run->plan->log, (unsigned long long)run->read);
        code = fb_err_hint(err, "Give --next when it is the log that follows.");
    }
    fb_io_close(&file);
    return code;
}

static enum fb_code load_state(struct fb_monitor_run *run, struct fb_str state, struct fb_err *err)
{
    struct fb_wire in = fb_wire_of(state);
    uint8_t digest[FB_SHA256_SIZE] = {0};
    run->read = fb_wire_up_to(&in, INT64_MAX);
    run->printed = fb_wire_up_to(&in, INT64_MAX);
    run->tail_len = (size_t)fb_wire_up_to(&in, FB_MONITOR_TAIL);
    if (in.bad || fb_wire_left(&in) < sizeof(digest) || run->tail_len > run->read) {
        return fb_err_set(err, FB_E_CORRUPT, "the state does not hold together");
    }
    memcpy(digest, in.pos, sizeof(digest));
    in.pos += sizeof(digest);
    enum fb_code code = fb_monpoly_monitor_load(run->monitor, &in, err);
    run->saved = run->stream.point_count;
    if (code) {
        return code;
    }
    if (run->plan->next || strcmp(run->plan->log, "-") == 0) {
        run->read = 0;
        run->tail_len = 0;
        return FB_OK;
    }
    return check_log(run, digest, err);
}

static enum fb_code load(struct fb_monitor_run *run, struct fb_err *err)
{
    struct fb_buf bytes;
    struct fb_str state;
    fb_buf_init(&bytes, FB_SNAPSHOT_MAX);
    enum fb_code code = fb_snapshot_read(run->plan->load, run->identity, &bytes, &state, err);
    if (code == FB_E_NOT_FOUND) {
        code = fb_err_hint(err, "The first run has no --load; it makes a snapshot by --save.");
    }
    code = code ? code : load_state(run, state, err);
    if (code && code != FB_E_MISMATCH) {
        fb_err_place(err, run->plan->load, 0, 0, -1);
    }
    fb_buf_release(&bytes);
    return code;
}

/* ---- life ---- */

static enum fb_code open_output(struct fb_monitor_run *run, struct fb_err *err)
{
    const char *path = run->plan->output;
    enum fb_code code = fb_io_append_open(path, 0666, &run->output, err);
    if (code) {
        return code;
    }
    if (run->output.size < run->printed) {
        return fb_err_set(err, FB_E_MISMATCH,
            "'%s' holds %llu bytes; %llu were written when the snapshot was saved", path,
            (unsigned long long)run->output.size, (unsigned long long)run->printed);
    }
    if (run->output.size == 0 || run->output.size == run->printed) {
        return FB_OK;
    }
    if (!run->plan->load) {
        (void)fb_err_set(err, FB_E_DUPLICATE, "'%s' holds verdicts already", path);
        return fb_err_hint(err, "Go on with --load, or give another --output.");
    }
    return fb_io_open(path, &run->before, err);
}

enum fb_code fb_monitor_run_open(struct fb_monitor_run *run,
    const struct fb_monpoly_formula *formula, const struct fb_signature *signature,
    struct fb_err *err)
{
    FB_ASSERT(run && run->plan);
    run->output.fd = -1;
    run->before.fd = -1;
    run->stream.sink = take_line;
    run->stream.ctx = run;
    run->stream.line = &run->out;
    fb_buf_init(&run->out, OUT_MAX);
    enum fb_code code =
        fb_monpoly_monitor_new(formula, signature, &run->stream, &run->monitor, err);
    code = code ? code : fb_monpoly_monitor_identity(run->monitor, run->identity, err);
    if (code == FB_OK && run->plan->load) {
        code = load(run, err);
    }
    if (code == FB_OK && run->plan->output) {
        code = open_output(run, err);
    }
    return code;
}

void fb_monitor_run_close(struct fb_monitor_run *run)
{
    FB_ASSERT(run);
    fb_monpoly_monitor_free(run->monitor);
    fb_buf_release(&run->out);
    fb_io_append_close(&run->output);
    fb_io_close(&run->before);
}

/* ---- the log ---- */

static void keep_tail(struct fb_monitor_run *run, struct fb_str piece)
{
    size_t fresh = piece.len < FB_MONITOR_TAIL ? piece.len : FB_MONITOR_TAIL;
    size_t kept = FB_MONITOR_TAIL - fresh;
    kept = run->tail_len < kept ? run->tail_len : kept;
    memmove(run->tail, run->tail + run->tail_len - kept, kept);
    memcpy(run->tail + kept, piece.ptr + piece.len - fresh, fresh);
    run->tail_len = kept + fresh;
    run->read += piece.len;
}

static enum fb_code take_piece(void *ctx, struct fb_str piece, struct fb_err *err)
{
    struct fb_monitor_run *run = ctx;
    const struct fb_monitor_plan *plan = run->plan;
    enum fb_code code = fb_monpoly_monitor_feed(run->monitor, piece, err);
    if (code) {
        struct fb_err own = *err; /* what was decided before is printed */
        (void)flush(run, err);
        *err = own;
        return code;
    }
    keep_tail(run, piece);
    bool due = plan->save_every && run->stream.point_count - run->saved >= plan->save_every;
    return due ? save(run, err) : flush(run, err);
}

/* The machine's clock, in the time of the log: whole seconds. */
static fb_time seconds(const struct fb_monitor_run *run)
{
    return fb_clock_now(&run->clock) / FB_SECOND;
}

static enum fb_code take_clock(void *ctx, int *out_wait_ms, struct fb_err *err)
{
    struct fb_monitor_run *run = ctx;
    enum fb_code code = fb_monpoly_monitor_advance(run->monitor, seconds(run), err);
    code = code ? code : flush(run, err);
    fb_time next = fb_monpoly_monitor_next(run->monitor);
    if (code || next == FB_TIME_MAX) {
        *out_wait_ms = -1;
        return code;
    }
    fb_time micros = next > INT64_MAX / FB_SECOND ? FB_TIME_MAX : next * FB_SECOND;
    int64_t wait_ms = (micros - fb_clock_now(&run->clock)) / 1000 + 1;
    *out_wait_ms = wait_ms < 1 ? 1 : wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS : (int)wait_ms;
    return FB_OK;
}

/* A log in a file is read from where the snapshot was. */
static enum fb_code read_file(struct fb_monitor_run *run, struct fb_err *err)
{
    struct fb_io_file file;
    char piece[PIECE];
    size_t got = 1;
    enum fb_code code = fb_io_open(run->plan->log, &file, err);
    if (code) {
        return code;
    }
    while (code == FB_OK && got) {
        code =
            fb_io_read_at(&file, run->read, (struct fb_io_span){piece, sizeof(piece)}, &got, err);
        code = code || got == 0 ? code : take_piece(run, (struct fb_str){piece, got}, err);
    }
    fb_io_close(&file);
    return code;
}

/* Saves, or decides what waits. */
static enum fb_code finish(struct fb_monitor_run *run, struct fb_err *err)
{
    if (run->plan->save) {
        return save(run, err);
    }
    enum fb_code code = fb_monpoly_monitor_end(run->monitor, err);
    struct fb_err own = *err;
    enum fb_code printed = flush(run, err);
    if (code) {
        *err = own;
    }
    return code ? code : printed;
}

enum fb_code fb_monitor_run_log(struct fb_monitor_run *run, struct fb_err *err)
{
    FB_ASSERT(run && run->monitor);
    const struct fb_monitor_plan *plan = run->plan;
    enum fb_code code = run->read    ? read_file(run, err)
                        : plan->live ? fb_io_follow(plan->log, take_piece, take_clock, run, err)
                                     : fb_io_each(plan->log, take_piece, run, err);
    code = code ? code : finish(run, err);
    if (code == FB_OK && run->before.fd >= 0 && run->printed < run->before.size) {
        code =
            fb_err_set(err, FB_E_MISMATCH, "'%s' holds more than this run says, from byte %llu on",
                plan->output, (unsigned long long)run->printed);
    }
    return code;
}
