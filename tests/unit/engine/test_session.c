/*
 * Time as it is (session*.c, inc_save.c, wire.c, form_write.c, snapshot.c): random formulas over
 * logs that come out of order, with a clock that goes on by itself, killed at any place and taken
 * up from what was saved. The verdicts are those of the naive evaluator over the sorted log. A case
 * that differs is made smaller and printed. FB_RANDOM_CASES and FB_RANDOM_SEED as in test_random.c;
 * FB_PROPERTY_SECONDS=3600 goes on for that long.
 */
#include "engine/session.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/io.h"
#include "engine/eval.h"
#include "lang/monpoly.h"
#include "random_shrink.h"

enum { ARENA_MAX = 1 << 28, TEXT_MAX = 1 << 20, POINTS_MAX = 64 };

static struct fb_err err;
static uint64_t case_seed;

/* ---- logs ---- */

/* A time-point of a log, and when it is delivered. */
struct point {
    int64_t time;
    int64_t arrival;
    struct fb_buf text;
};

struct delivery {
    struct point points[POINTS_MAX];
    size_t count;
};

static void take_points(const struct sample *s, struct delivery *out)
{
    int64_t now = 0;
    out->count = 0;
    for (size_t i = 0; i < s->item_count; i++) {
        now += s->items[i].delay;
        if (s->items[i].point) {
            assert_true(out->count < POINTS_MAX);
            struct point *point = &out->points[out->count++];
            *point = (struct point){.time = now, .arrival = now};
            fb_buf_init(&point->text, TEXT_MAX);
            fb_buf_addf(&point->text, "@%lld", (long long)now);
        } else if (out->count) {
            fb_buf_add_c(&out->points[out->count - 1].text, s->items[i].text);
        }
    }
}

static void drop_points(struct delivery *d)
{
    for (size_t i = 0; i < d->count; i++) {
        fb_buf_release(&d->points[i].text);
    }
}

/* Sorted by arrival, or by time: those that are equal keep their order. */
static void sort_points(struct delivery *d, bool by_arrival)
{
    for (size_t i = 1; i < d->count; i++) {
        struct point point = d->points[i];
        size_t at = i;
        for (; at > 0; at--) {
            const struct point *before = &d->points[at - 1];
            if (by_arrival ? before->arrival <= point.arrival : before->time <= point.time) {
                break;
            }
            d->points[at] = *before;
        }
        d->points[at] = point;
    }
}

static void join(const struct delivery *d, struct fb_buf *out)
{
    for (size_t i = 0; i < d->count; i++) {
        fb_buf_add_str(out, fb_buf_str(&d->points[i].text));
        fb_buf_add_c(out, i % 3 == 1 ? ";\n" : "\n");
    }
}

/* ---- a run ---- */

/* How a case is run. */
struct way {
    const char *name;
    bool reorder;
    int64_t watermark;
    int64_t amend;
    unsigned kills; /* one in so many places; 0: none */
    bool clock;     /* the clock goes on between time-points */
    bool stamp;
};

struct run {
    struct fb_arena arena;
    struct fb_signature signature;
    struct fb_monpoly_formula formula;
    struct fb_monpoly_stream stream;
    struct fb_monpoly_monitor *monitor;
};

static enum fb_code keep_line(void *ctx, struct fb_buf *line, struct fb_err *e)
{
    (void)ctx;
    (void)line;
    (void)e;
    return FB_OK;
}

static enum fb_code compile(struct run *run, struct fb_str formula)
{
    fb_arena_init(&run->arena, ARENA_MAX);
    fb_err_init(&err);
    enum fb_code code =
        fb_monpoly_signature(fb_str_of(sig_text), &run->arena, &run->signature, &err);
    code =
        code ? code
             : fb_monpoly_formula_read(formula, &run->signature, &run->arena, &run->formula, &err);
    return code ? code : fb_form_check(run->formula.plain.form, NULL, 0, &err);
}

static enum fb_code start(struct run *run)
{
    return fb_monpoly_monitor_new(
        &run->formula, &run->signature, &run->stream, &run->monitor, &err);
}

/* The process ends, and another one goes on. */
static enum fb_code die(struct run *run)
{
    uint8_t identity[FB_SHA256_SIZE];
    struct fb_buf state;
    struct fb_buf file;
    struct fb_str back;
    fb_buf_init(&state, ARENA_MAX);
    fb_buf_init(&file, ARENA_MAX);
    FB_TEST_OK(fb_monpoly_monitor_identity(run->monitor, identity, &err));
    FB_TEST_OK(fb_monpoly_monitor_save(run->monitor, &state, &err));
    FB_TEST_OK(fb_snapshot_seal(identity, fb_buf_str(&state), &file, &err));
    fb_monpoly_monitor_free(run->monitor);
    run->monitor = NULL;
    FB_TEST_OK(fb_snapshot_unseal(fb_buf_str(&file), identity, &back, &err));
    enum fb_code code = start(run);
    struct fb_wire in = fb_wire_of(back);
    code = code ? code : fb_monpoly_monitor_load(run->monitor, &in, &err);
    if (code == FB_OK) { /* what was loaded is what was saved */
        struct fb_buf again;
        fb_buf_init(&again, ARENA_MAX);
        FB_TEST_OK(fb_monpoly_monitor_save(run->monitor, &again, &err));
        assert_int_equal(again.len, state.len);
        assert_memory_equal(again.ptr, state.ptr, state.len);
        fb_buf_release(&again);
    }
    fb_buf_release(&state);
    fb_buf_release(&file);
    return code;
}

/* Feeds pieces that end anywhere. Times of the clock are those that a time-point shows. */
static enum fb_code feed(struct run *run, const struct way *way, const struct delivery *d)
{
    struct draw dice = {.seed = case_seed + 7};
    enum fb_code code = start(run);
    for (size_t i = 0; i < d->count && code == FB_OK; i++) {
        struct fb_buf text;
        fb_buf_init(&text, TEXT_MAX);
        fb_buf_add_str(&text, fb_buf_str(&d->points[i].text));
        fb_buf_add_c(&text, way->clock || i % 3 == 1 ? ";\n" : "\n");
        struct fb_str rest = fb_buf_str(&text);
        while (rest.len && code == FB_OK) {
            struct fb_str piece = fb_str_sub(rest, 0, 1 + draw(&dice, 40));
            rest = fb_str_sub(rest, piece.len, rest.len);
            code = fb_monpoly_monitor_feed(run->monitor, piece, &err);
            if (code == FB_OK && way->kills && draw(&dice, way->kills) == 0) {
                code = die(run);
            }
        }
        fb_buf_release(&text);
        if (code == FB_OK && way->clock && draw(&dice, 2)) {
            code = fb_monpoly_monitor_advance(run->monitor, d->points[i].arrival, &err);
        }
    }
    return code ? code : fb_monpoly_monitor_end(run->monitor, &err);
}

static enum fb_code run_naive(
    struct fb_str formula, const struct delivery *sorted, struct fb_buf *out)
{
    struct run run = {.monitor = NULL};
    struct fb_trace trace = {0};
    struct fb_buf log;
    fb_buf_init(&log, TEXT_MAX);
    join(sorted, &log);
    enum fb_code code = compile(&run, formula);
    code = code ? code : fb_monpoly_log(fb_buf_str(&log), &run.signature, &run.arena, &trace, &err);
    code = code ? code : fb_monpoly_run(&run.formula, &trace, ARENA_MAX, out, &err);
    fb_arena_release(&run.arena);
    fb_buf_release(&log);
    return code;
}

/* ---- what the lines say ---- */

struct ledger {
    char *rows[POINTS_MAX + 1]; /* of each time-point, as known; NULL: none */
    int64_t times[POINTS_MAX + 1];
    size_t late;
    size_t amended;
    bool wrong;
};

static char *copy_text(struct fb_str text)
{
    return text.len ? strndup(text.ptr, text.len) : NULL;
}

static bool is_row(const char *row, struct fb_str text)
{
    struct fb_str want = text;
    if (fb_str_is(want, " none")) {
        want.len = 0;
    }
    return row ? fb_str_is(want, row) : want.len == 0;
}

static void make_place(struct ledger *l, size_t at)
{
    l->late++;
    l->wrong = l->wrong || at >= POINTS_MAX;
    free(l->rows[POINTS_MAX]);
    for (size_t i = POINTS_MAX; i > at && !l->wrong; i--) {
        l->rows[i] = l->rows[i - 1];
    }
    l->rows[at] = NULL;
}

/* The number that follows `mark`. */
static bool number_behind(struct fb_str line, const char *mark, uint64_t *out)
{
    const char *start = memmem(line.ptr, line.len, mark, strlen(mark));
    if (!start) {
        return false;
    }
    struct fb_str digits = {start + strlen(mark), 0};
    while (digits.ptr + digits.len < line.ptr + line.len && digits.ptr[digits.len] >= '0' &&
           digits.ptr[digits.len] <= '9') {
        digits.len++;
    }
    return fb_str_u64(digits, out);
}

/* Takes one line; a verdict that is given twice, or amends what was not said, is wrong. */
static void take_line(struct ledger *l, struct fb_str line)
{
    uint64_t at = 0;
    bool late = fb_str_starts(line, FB_STR("late "));
    bool gone = fb_str_starts(line, FB_STR("withdrawn "));
    bool amended = gone || fb_str_starts(line, FB_STR("amended "));
    l->wrong = l->wrong || !number_behind(line, "(time point ", &at) || at >= POINTS_MAX;
    if (l->wrong || late) {
        if (!l->wrong) {
            make_place(l, at);
        }
        return;
    }
    size_t colon = fb_str_find(line, ':', 0);
    struct fb_str rows = fb_str_sub(line, colon + 1, line.len);
    if (!amended) {
        l->wrong = l->rows[at] != NULL;
        free(l->rows[at]);
        l->rows[at] = copy_text(rows);
        return;
    }
    size_t mark = gone ? 0 : fb_str_find(rows, ';', 0);
    struct fb_str was = fb_str_sub(rows, mark + (gone ? 4 : 5), rows.len);
    l->wrong = !is_row(l->rows[at], was);
    l->amended++;
    free(l->rows[at]);
    l->rows[at] = gone ? NULL : copy_text(fb_str_sub(rows, 0, mark));
}

/* The verdicts that stand at the end. */
static bool settle_lines(
    struct fb_str text, const struct delivery *sorted, struct ledger *l, struct fb_buf *out)
{
    struct fb_str line;
    while (fb_str_line(&text, &line)) {
        take_line(l, line);
    }
    for (size_t i = 0; i < sorted->count; i++) {
        if (l->rows[i]) {
            fb_buf_addf(out, "@%lld (time point %zu):%s\n", (long long)sorted->points[i].time, i,
                l->rows[i]);
        }
    }
    for (size_t i = 0; i <= POINTS_MAX; i++) {
        l->wrong = l->wrong || (i >= sorted->count && l->rows[i]);
        free(l->rows[i]);
    }
    return !l->wrong;
}

/* Leaves out from when verdicts were certain. */
static void plain(struct fb_str text, struct fb_buf *out)
{
    struct fb_str line;
    while (fb_str_line(&text, &line)) {
        size_t comma = fb_str_find(line, ',', 0);
        size_t bracket = fb_str_find(line, ')', 0);
        bool stamped = comma < bracket && fb_str_sub(line, comma + 1, 8).len == 8 &&
                       fb_str_is(fb_str_sub(line, comma + 1, 8), " certain");
        fb_buf_add_str(out, fb_str_sub(line, 0, stamped ? comma : line.len));
        fb_buf_add_str(out, fb_str_sub(line, stamped ? bracket : line.len, line.len));
        fb_buf_add_c(out, "\n");
    }
}

/* ---- a case ---- */

static const struct way ways[] = {
    {"killed", false, 0, 0, 6, false, false},
    {"stamped", false, 0, 0, 30, true, true},
    {"reordered", true, 4, 0, 12, false, false},
    {"reordered, with a clock", true, 3, 0, 30, true, true},
    {"amended", true, 2, 9, 20, false, false},
    {"amended, with a clock", true, 0, 30, 40, true, true},
};

static const struct way *the_way;

struct outcome {
    bool differs;
    enum fb_code code;
    size_t late;
    size_t amended;
    size_t lines;
    struct fb_buf got;
    struct fb_buf want;
    struct fb_buf formula;
    struct fb_buf log;
    struct fb_buf lines_text;
};

static void outcome_release(struct outcome *o)
{
    fb_buf_release(&o->got);
    fb_buf_release(&o->want);
    fb_buf_release(&o->formula);
    fb_buf_release(&o->log);
    fb_buf_release(&o->lines_text);
}

static void spread(struct delivery *d, const struct way *way)
{
    struct draw dice = {.seed = case_seed + 99};
    int64_t most = way->reorder ? way->watermark + way->amend : 0;
    for (size_t i = 0; i < d->count; i++) {
        d->points[i].arrival += way->amend && draw(&dice, 2) ? 0 : draw(&dice, (uint32_t)most + 1);
    }
    sort_points(d, true);
}

static void try_sample(const struct sample *s, struct outcome *o)
{
    static struct delivery d;
    struct run run = {.monitor = NULL};
    struct ledger ledger = {.wrong = false};
    struct fb_buf lines;
    *o = (struct outcome){.differs = false};
    struct fb_buf *all[] = {&o->got, &o->want, &o->formula, &o->log, &o->lines_text, &lines};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        fb_buf_init(all[i], TEXT_MAX);
    }
    write_node(s->root, &o->formula);
    take_points(s, &d);
    spread(&d, the_way);
    join(&d, &o->log);
    run.stream = (struct fb_monpoly_stream){.sink = keep_line,
        .line = &lines,
        .reorder = the_way->reorder,
        .watermark = the_way->watermark,
        .amend = the_way->amend,
        .stamp = the_way->stamp};
    o->code = compile(&run, fb_buf_str(&o->formula));
    o->code = o->code ? o->code : feed(&run, the_way, &d);
    fb_monpoly_monitor_free(run.monitor);
    fb_arena_release(&run.arena);
    if (o->code != FB_E_UNSUPPORTED) {
        sort_points(&d, false);
        enum fb_code want = run_naive(fb_buf_str(&o->formula), &d, &o->want);
        plain(fb_buf_str(&lines), &o->lines_text);
        bool right = settle_lines(fb_buf_str(&o->lines_text), &d, &ledger, &o->got);
        o->differs =
            want != o->code ||
            (want == FB_OK && (!right || !fb_str_eq(fb_buf_str(&o->got), fb_buf_str(&o->want))));
    }
    o->late = ledger.late;
    o->amended = ledger.amended;
    o->lines = o->want.len > 0;
    drop_points(&d);
    fb_buf_release(&lines);
}

static bool still_differs(const struct sample *s)
{
    struct outcome o;
    try_sample(s, &o);
    outcome_release(&o);
    return o.differs;
}

static void report(struct sample *s, uint64_t seed)
{
    struct outcome o;
    shrink(s, still_differs);
    try_sample(s, &o);
    struct fb_buf *all[] = {&o.got, &o.want, &o.formula, &o.log, &o.lines_text};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        fb_buf_add(all[i], "", 1);
    }
    fail_msg("%s, seed %llu\n%s\n%s\ngot %s %s\n%sprinted\n%swant\n%s", the_way->name,
        (unsigned long long)seed, o.formula.ptr, o.log.ptr, fb_code_name(o.code), err.message,
        o.got.ptr, o.lines_text.ptr, o.want.ptr);
}

static void test_property(void **state)
{
    (void)state;
    static struct sample sample;
    const char *more = getenv("FB_RANDOM_CASES");
    const char *from = getenv("FB_RANDOM_SEED");
    const char *seconds = getenv("FB_PROPERTY_SECONDS");
    long cases = more ? strtol(more, NULL, 10) : 300;
    int64_t until = fb_clock_ticks_ns() + (seconds ? strtol(seconds, NULL, 10) : 0) * 1000000000;
    uint64_t first = from ? strtoull(from, NULL, 10) : 1;
    long late = 0;
    long amended = 0;
    long verdicts = 0;
    for (long i = 0; i < cases || (seconds && fb_clock_ticks_ns() < until); i++) {
        case_seed = first + (uint64_t)i;
        struct draw d;
        random_sample(&d, &sample, case_seed);
        for (size_t k = 0; k < sizeof(ways) / sizeof(ways[0]); k++) {
            struct outcome o;
            the_way = &ways[k];
            try_sample(&sample, &o);
            outcome_release(&o);
            if (o.differs) {
                report(&sample, case_seed);
            }
            late += (long)o.late;
            amended += (long)o.amended;
            verdicts += (long)o.lines;
        }
    }
    printf("# time: %ld runs with verdicts, %ld late time-points, %ld amended verdicts\n", verdicts,
        late, amended);
    assert_true(verdicts > cases);
    assert_true(late > cases);
    assert_true(amended > cases / 10);
}

/* ---- single cases ---- */

static const char late_text[] = "P(x) AND NOT EVENTUALLY[0,5] Q(x)";

/* A run of a formula that was fed a log; the caller frees monitor and arena. */
static void begin(struct run *run, struct fb_buf *lines, const char *formula, const char *log)
{
    run->stream.sink = keep_line;
    run->stream.line = lines;
    fb_buf_init(lines, TEXT_MAX);
    FB_TEST_OK(compile(run, fb_str_of(formula)));
    FB_TEST_OK(start(run));
    FB_TEST_OK(fb_monpoly_monitor_feed(run->monitor, fb_str_of(log), &err));
}

static void end(struct run *run, struct fb_buf *lines)
{
    fb_monpoly_monitor_free(run->monitor);
    fb_arena_release(&run->arena);
    fb_buf_release(lines);
}

static void test_clock(void **state)
{
    (void)state;
    struct run run = {.stream = {.stamp = true}};
    struct fb_buf lines;
    begin(&run, &lines, late_text, "@1 P(1);\n@3 P(2)");
    assert_true(fb_monpoly_monitor_next(run.monitor) == FB_TIME_MAX); /* it may get more tuples */
    FB_TEST_OK(fb_monpoly_monitor_feed(run.monitor, FB_STR(";"), &err));
    assert_int_equal(fb_monpoly_monitor_next(run.monitor), 7);
    FB_TEST_OK(fb_monpoly_monitor_advance(run.monitor, 6, &err));
    assert_int_equal(lines.len, 0);
    FB_TEST_OK(fb_monpoly_monitor_advance(run.monitor, 20, &err));
    assert_true(fb_str_is(fb_buf_str(&lines), "@1 (time point 0, certain @7): (1)\n"
                                              "@3 (time point 1, certain @9): (2)\n"));
    FB_TEST_OK(fb_monpoly_monitor_advance(run.monitor, 10, &err)); /* passed over */
    FB_TEST_FAILS(fb_monpoly_monitor_feed(run.monitor, FB_STR("@19 P(1);"), &err), FB_E_TIME);
    end(&run, &lines);
}

/* Whatever is cut off, changed or of something else is refused; nothing is read from it. */
static void test_damage(void **state)
{
    (void)state;
    struct run run = {.monitor = NULL};
    struct fb_buf lines;
    struct fb_buf saved;
    struct fb_buf file;
    struct fb_str out = {NULL, 7};
    uint8_t identity[FB_SHA256_SIZE];
    begin(&run, &lines, late_text, "@1 P(1)(2) Q(1)\n@3 P(2)");
    fb_buf_init(&saved, TEXT_MAX);
    fb_buf_init(&file, TEXT_MAX);
    FB_TEST_OK(fb_monpoly_monitor_identity(run.monitor, identity, &err));
    FB_TEST_OK(fb_monpoly_monitor_save(run.monitor, &saved, &err));
    FB_TEST_OK(fb_snapshot_seal(identity, fb_buf_str(&saved), &file, &err));
    for (size_t i = 0; i < file.len; i++) {
        struct fb_str cut = fb_str_sub(fb_buf_str(&file), 0, i);
        FB_TEST_FAILS(
            fb_snapshot_unseal(cut, identity, &out, &err), i < 8 ? FB_E_FORMAT : FB_E_CORRUPT);
        file.ptr[i] ^= 1;
        enum fb_code code = fb_snapshot_unseal(fb_buf_str(&file), identity, &out, &err);
        assert_int_equal(code, i < 8 ? FB_E_FORMAT : i < 12 ? FB_E_VERSION : FB_E_CORRUPT);
        file.ptr[i] ^= 1;
    }
    fb_buf_add_char(&file, 0);
    FB_TEST_FAILS(fb_snapshot_unseal(fb_buf_str(&file), identity, &out, &err), FB_E_CORRUPT);
    fb_buf_cut(&file, file.len - 1);
    identity[0] ^= 1;
    FB_TEST_FAILS(fb_snapshot_unseal(fb_buf_str(&file), identity, &out, &err), FB_E_MISMATCH);
    assert_int_equal(out.len, 7);
    fb_buf_release(&saved);
    fb_buf_release(&file);
    end(&run, &lines);
}

/* What a run has come to can be taken by another one. */
static void take_over(const char *formula, const struct run *run)
{
    struct run other = {.monitor = NULL};
    struct fb_buf lines, saved;
    fb_buf_init(&saved, TEXT_MAX);
    FB_TEST_OK(fb_monpoly_monitor_save(run->monitor, &saved, &err));
    begin(&other, &lines, formula, "");
    struct fb_wire in = fb_wire_of(fb_buf_str(&saved));
    FB_TEST_OK(fb_monpoly_monitor_load(other.monitor, &in, &err));
    fb_buf_release(&saved);
    end(&other, &lines);
}

/* Loads a state and goes on; no code but that of an error with a message. */
static void run_on(const char *formula, struct fb_str state)
{
    struct run run = {.monitor = NULL};
    struct fb_buf lines;
    begin(&run, &lines, formula, "");
    struct fb_wire in = fb_wire_of(state);
    enum fb_code code = fb_monpoly_monitor_load(run.monitor, &in, &err);
    if (code == FB_OK) {
        code = fb_monpoly_monitor_feed(run.monitor, FB_STR("\n@8 Q(2);@9 P(1) R(1,1);@9 ;"), &err);
        if (code == FB_OK) {
            take_over(formula, &run);
            code = fb_monpoly_monitor_feed(run.monitor, FB_STR("@90 P(1)"), &err);
        }
        code = code ? code : fb_monpoly_monitor_end(run.monitor, &err);
    }
    assert_true(code == FB_OK || err.message[0]);
    end(&run, &lines);
}

/* The state alone: each change of a byte is refused, or is some other state that runs on. */
static void test_changed(void **state)
{
    (void)state;
    static const char *const formulas[] = {late_text, "ONCE[2,5] ONCE[0,3] P(x)",
        "(NOT ONCE[1,3] Q(x)) SINCE[0,4] ONCE[0,3] P(x)", "EVENTUALLY[1,4] ONCE[0,2] P(x)",
        "(NOT ONCE[0,1] Q(x)) UNTIL[0,5] ONCE[0,3] P(x)", "(NOT R(x,x)) UNTIL[1,6] P(x)",
        "ONCE[0,4] ((ONCE[0,3] P(x)) AND NOT Q(2))",
        "EVENTUALLY[0,4] ((ONCE[0,3] P(x)) AND NOT Q(1))",
        "(NOT ONCE[0,3] Q(x)) SINCE[1,9] ONCE P(x)", "(NOT Q(x)) UNTIL[2,9] ONCE[0,3] P(x)"};
    static const char log[] = "@1 P(1)(2) Q(1)\n@2 R(1,1)\n@3 P(2)\n@5 Q(2)\n@5 P(2) R(2,2)\n@7";
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        struct run run = {.monitor = NULL};
        struct fb_buf lines, saved;
        fb_buf_init(&saved, TEXT_MAX);
        begin(&run, &lines, formulas[i], log);
        FB_TEST_OK(fb_monpoly_monitor_save(run.monitor, &saved, &err));
        for (size_t k = 0; k < saved.len; k++) {
            char was = saved.ptr[k];
            for (int way = 0; way < 10; way++) {
                saved.ptr[k] = (char)(way < 8 ? way : way == 8 ? was ^ 5 : was + 1);
                run_on(formulas[i], fb_buf_str(&saved));
            }
            saved.ptr[k] = was;
        }
        fb_buf_release(&saved);
        end(&run, &lines);
    }
}

/* Times before 1970 are times like others; and that something is too long ago is seen although it
 * was not yet when the state was saved. */
static void test_before_zero(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"ONCE[1,2] ONCE[0,20] P(x)",
            "@-89 (time point 1): (1)\n@-84 (time point 3): (1)\n@-83 (time point 4): (1) (2)\n"},
        {"ONCE[2,9] ONCE[0,1] P(x)",
            "@-85 (time point 2): (1)\n@-84 (time point 3): (1)\n@-83 (time point 4): (1)\n"},
        {"EVENTUALLY[1,2] ONCE[0,20] P(x)",
            "@-90 (time point 0): (1)\n@-85 (time point 2): (1) (2)\n@-84 (time point 3): (1) "
            "(2)\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct run run = {.monitor = NULL};
        struct fb_buf lines;
        begin(&run, &lines, cases[i][0], "@-90 P(1);\n@-89 ;\n");
        FB_TEST_OK(die(&run));
        FB_TEST_OK(fb_monpoly_monitor_feed(run.monitor, FB_STR("@-85 ;\n"), &err));
        FB_TEST_OK(die(&run));
        FB_TEST_OK(fb_monpoly_monitor_feed(run.monitor, FB_STR("@-84 P(2);\n@-83 ;\n"), &err));
        FB_TEST_OK(die(&run));
        FB_TEST_OK(fb_monpoly_monitor_end(run.monitor, &err));
        assert_true(fb_str_is(fb_buf_str(&lines), cases[i][1]));
        end(&run, &lines);
    }
}

/* A snapshot that cannot be written leaves the one before. */
static void test_disk(void **state)
{
    (void)state;
    char path[] = "/tmp/fb-snapshot-XXXXXX";
    uint8_t identity[FB_SHA256_SIZE] = {1};
    struct fb_str out;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    FB_TEST_OK(fb_snapshot_write(path, identity, FB_STR("old"), &err));
    enum fb_code code = FB_E_IO;
    for (int64_t n = 0; code != FB_OK; n++) {
        struct fb_buf bytes;
        fb_buf_init(&bytes, TEXT_MAX);
        fb_io_fail_at(n, 28);
        code = fb_snapshot_write(path, identity, FB_STR("new"), &err);
        fb_io_fail_at(-1, 0);
        FB_TEST_OK(fb_snapshot_read(path, identity, &bytes, &out, &err));
        bool whole = fb_str_is(out, "new") || (code != FB_OK && fb_str_is(out, "old"));
        assert_true(whole);
        fb_buf_release(&bytes);
        assert_true(n < 50);
    }
    unlink(path);
}

/* Each allocation in turn fails: an error, no leak, and what was not loaded is not half there. */
static void test_no_memory(void **state)
{
    (void)state;
    struct run run = {.stream = {.reorder = true, .watermark = 1, .amend = 50}};
    struct fb_buf lines;
    begin(&run, &lines, "c <- CNT x; s (ONCE[0,9] W(x,s))", "@1 W(1,a)(2,b);@9 W(3,a);@4 W(5,c)");
    struct fb_monpoly_monitor *first = run.monitor;
    enum fb_code code = FB_E_NOMEM;
    for (int64_t n = 0; code != FB_OK; n++) {
        struct fb_buf saved;
        fb_buf_init(&saved, TEXT_MAX);
        run.monitor = NULL;
        fb_alloc_fail_at(n);
        code = fb_monpoly_monitor_save(first, &saved, &err);
        code = code ? code : start(&run);
        struct fb_wire in = fb_wire_of(fb_buf_str(&saved));
        code = code ? code : fb_monpoly_monitor_load(run.monitor, &in, &err);
        code = code ? code : fb_monpoly_monitor_feed(run.monitor, FB_STR("(6,a);"), &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        fb_monpoly_monitor_free(run.monitor);
        fb_buf_release(&saved);
    }
    run.monitor = first;
    end(&run, &lines);
}

static void make_log(struct fb_buf *out, int from, int until)
{
    fb_buf_clear(out);
    for (int i = from; i < until; i++) {
        fb_buf_addf(out, "@%d P(%d) W(%d,\"text %d\");\n", i, i, i % 50, i);
    }
}

/* Memory follows the windows, the watermark and the span of corrections, not the log; and so does
 * a snapshot. */
static void test_length(void **state)
{
    (void)state;
    static const int64_t spans[][2] = {{-1, 0}, {20, 0}, {20, 400}};
    for (size_t i = 0; i < 3; i++) {
        struct run run = {.stream = {.reorder = spans[i][0] >= 0,
                              .watermark = spans[i][0] < 0 ? 0 : spans[i][0],
                              .amend = spans[i][1]}};
        struct fb_buf lines;
        struct fb_buf log;
        size_t memory[2] = {0, 0};
        size_t size[2] = {0, 0};
        fb_buf_init(&log, 1 << 24);
        begin(&run, &lines,
            "P(x) AND (EXISTS y, s. ONCE[0,100] W(y,s)) AND NOT EVENTUALLY[0,50] Q(x)", "");
        for (int k = 0; k < 40; k++) {
            make_log(&log, k * 1000, (k + 1) * 1000);
            FB_TEST_OK(fb_monpoly_monitor_feed(run.monitor, fb_buf_str(&log), &err));
            struct fb_buf saved;
            fb_buf_init(&saved, 1 << 24);
            FB_TEST_OK(fb_monpoly_monitor_save(run.monitor, &saved, &err));
            size_t now = fb_monpoly_monitor_memory(run.monitor);
            memory[k >= 20] = now > memory[k >= 20] ? now : memory[k >= 20];
            size[k >= 20] = saved.len > size[k >= 20] ? saved.len : size[k >= 20];
            fb_buf_release(&saved);
            fb_buf_clear(&lines);
        }
        assert_true(memory[1] <= memory[0] + memory[0] / 8);
        assert_true(size[1] <= size[0] + size[0] / 8);
        fb_buf_release(&log);
        end(&run, &lines);
    }
}

/* A log so long that there are more states to go back to than are kept, so that every second one is
 * given up, twice: what comes late anywhere in it finds what was there, also once it was saved. */
static void test_many_states(void **state)
{
    (void)state;
    enum { POINTS = 16000 };
    static const int late[] = {POINTS - 2, 7000, 7001, 12345, 3, 15000};
    struct run run = {.stream = {.reorder = true, .watermark = 0, .amend = 1 << 20}};
    struct fb_buf lines, log, saved;
    fb_buf_init(&log, 1 << 24);
    fb_buf_init(&saved, 1 << 26);
    begin(&run, &lines, "R(x,y) AND ONCE[1,1] P(x)", "");
    for (int i = 0; i < POINTS; i++) {
        fb_buf_addf(
            &log, "@%d P(%d) W(%d,\"a text of some length, as records have\");\n", 2 * i, i, i);
    }
    FB_TEST_OK(fb_monpoly_monitor_feed(run.monitor, fb_buf_str(&log), &err));
    assert_int_equal(lines.len, 0);
    for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
        char text[64];
        if (i == 3) {
            FB_TEST_OK(fb_monpoly_monitor_save(run.monitor, &saved, &err));
            fb_monpoly_monitor_free(run.monitor);
            FB_TEST_OK(start(&run));
            struct fb_wire in = fb_wire_of(fb_buf_str(&saved));
            FB_TEST_OK(fb_monpoly_monitor_load(run.monitor, &in, &err));
        }
        fb_buf_clear(&lines);
        fb_buf_clear(&log);
        /* The one that fits and one that does not. */
        fb_buf_addf(&log, "@%d R(%d,7)(%d,8);\n", 2 * late[i] + 1, late[i], late[i] + 1);
        FB_TEST_OK(fb_monpoly_monitor_feed(run.monitor, fb_buf_str(&log), &err));
        snprintf(text, sizeof(text), "(%d,7)\n", late[i]);
        fb_buf_add(&lines, "", 1);
        const char *there = strstr((const char *)lines.ptr, text);
        if (!there || strchr(there, '\n')[1] || strstr((const char *)lines.ptr, ",8)")) {
            fail_msg("after %s came %s", text, (const char *)lines.ptr);
        }
    }
    fb_buf_release(&saved);
    fb_buf_release(&log);
    end(&run, &lines);
}

/* What is kept back, and for corrections, has a limit. */
static void test_limits(void **state)
{
    (void)state;
    static const int64_t spans[][2] = {{1000000, 0}, {0, 1000000}};
    for (size_t i = 0; i < 2; i++) {
        struct run run = {.stream = {.memory_max = 1 << 18,
                              .reorder = true,
                              .watermark = spans[i][0],
                              .amend = spans[i][1]}};
        struct fb_buf lines;
        struct fb_buf log;
        fb_buf_init(&log, 1 << 24);
        begin(&run, &lines, "P(x) AND Q(x)", "");
        make_log(&log, 0, 20000);
        FB_TEST_FAILS(fb_monpoly_monitor_feed(run.monitor, fb_buf_str(&log), &err), FB_E_LIMIT);
        assert_non_null(strstr(err.message, "kept back"));
        fb_buf_release(&log);
        end(&run, &lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_clock), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_changed), cmocka_unit_test(test_before_zero),
        cmocka_unit_test(test_disk), cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_length), cmocka_unit_test(test_many_states),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_property)};
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
