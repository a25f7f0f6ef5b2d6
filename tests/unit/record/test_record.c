/* Tests of src/record/record.c, check.c and rules.c. */
#include "base/alloc.h"
#include "fb_test.h"
#include "record/record.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD(kind) "\"kind\":\"" kind "\",\"id\":\"" kind "/one\",\"issuer\":\"party/aurora\","
#define AT "\"at\":\"2026-03-01T09:00:00Z\","
#define ABOUT "\"subject\":\"system/s\","

/* One good draft of each kind, with every field of its body. */
static const char *const drafts[FB_KIND_END] = {
    [FB_KIND_party] = "{" HEAD("party") AT "\"body\":{\"title\":\"Aurora\",\"role\":\"developer\","
                                           "\"country\":\"FR\"}}",
    [FB_KIND_key] =
        "{" HEAD("key") AT "\"body\":{\"party\":\"party/aurora\","
                           "\"public_key\":\"ssh-ed25519 AAAA\",\"fingerprint\":\"SHA256:abc\","
                           "\"valid_from\":\"2026-01-01\",\"valid_until\":\"2027-01-01\"}}",
    [FB_KIND_system] =
        "{" HEAD("system") AT "\"body\":{\"title\":\"S\",\"developer\":"
                              "\"party/aurora\",\"training_compute_flop\":1e25,\"designated\":true,"
                              "\"models\":[\"mock/one\",\"mock/two\"]}}",
    [FB_KIND_dataset] = "{" HEAD("dataset") AT ABOUT
    "\"body\":{\"title\":\"D\",\"source\":\"web\","
    "\"licence\":\"MIT\",\"tokens\":2.5e12,\"digest\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_run] = "{" HEAD("run") AT ABOUT
    "\"body\":{\"title\":\"R\",\"cluster\":\"c1\","
    "\"job_names\":[\"train\"],\"started\":\"2026-02-01\",\"planned_flop\":0}}",
    [FB_KIND_usage] = "{" HEAD("usage") AT ABOUT
    "\"body\":{\"cluster\":\"c1\",\"job\":\"12_3@1\","
    "\"job_name\":\"train it\",\"run\":\"run/one\",\"state\":\"COMPLETED\","
    "\"started\":\"2026-02-01T00:00:00Z\",\"ended\":\"2026-02-01T00:01:40Z\","
    "\"gpus\":8,\"gpu_seconds\":800}}",
    [FB_KIND_deployment] =
        "{" HEAD("deployment") AT ABOUT "\"body\":{\"scope\":\"external\","
                                        "\"role\":\"assistant\",\"oversight\":\"people read it\"}}",
    [FB_KIND_evaluation] = "{" HEAD("evaluation") AT ABOUT
    "\"body\":{\"task\":\"inspect/cyber\",\"scorer\":\"match\","
    "\"model\":\"mock/one\",\"status\":\"success\",\"began\":\"2026-02-01T00:00:00Z\","
    "\"ended\":\"2026-02-01T01:00:00Z\",\"samples\":300,\"succeeded_any\":10,"
    "\"succeeded_all\":4,\"unresolved\":2,\"epochs\":1,\"elicitation\":\"best of 10\","
    "\"tool\":\"inspect 0.3\",\"log\":\"sha256:" HEX64 "\",\"flags\":[\"rerun\"],"
    "\"metrics\":{\"accuracy\":[0.5,null,{\"deep\":-1.5}]}}}",
    [FB_KIND_incident] = "{" HEAD("incident") AT ABOUT
    "\"body\":{\"title\":\"I\",\"class\":"
    "\"death\",\"known_to\":\"party/aurora\",\"known_at\":\"2026-03-01\","
    "\"description\":\"line\\nline\"}}",
    [FB_KIND_report] =
        "{" HEAD("report") AT ABOUT "\"body\":{\"about\":\"incident/one\",\"to\":"
                                    "\"ai-office\",\"stage\":\"initial\",\"text\":\"we report\"}}",
    [FB_KIND_case] = "{" HEAD("case") AT ABOUT "\"body\":{\"name\":\"cyber\",\"document\":"
                                               "\"sha256:" HEX64 "\",\"top\":\"it is safe\"}}",
    [FB_KIND_policy] = "{" HEAD("policy") AT "\"body\":{\"name\":\"eu/gpai\",\"version\":1,"
                                             "\"document\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_measure] = "{" HEAD("measure") AT ABOUT "\"body\":{\"name\":\"security\",\"level\":4,"
                                                     "\"evidence\":\"audit\"}}",
};

/* The text with the first `from` replaced by `to`; the caller frees it. */
static char *replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (!at) {
        fail_msg("'%s' is not in %s", from, text);
        return NULL;
    }
    size_t size = strlen(text) + strlen(to) + 1;
    char *out = malloc(size);
    snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static enum fb_code canonical(
    const char *draft, const char *issuer, struct fb_buf *out, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_json *json = NULL;
    fb_arena_init(&arena, 16 << 20);
    enum fb_code code = fb_json_parse(fb_str_of(draft), "draft.json", NULL, &arena, &json, err);
    if (code == FB_OK) {
        code = fb_record_canonical(json, fb_str_of(issuer), out, err);
    }
    fb_arena_release(&arena);
    return code;
}

static void test_every_kind(void **state)
{
    (void)state;
    for (int kind = 1; kind < FB_KIND_END; kind++) {
        struct fb_err err;
        struct fb_buf out, again;
        struct fb_arena arena;
        struct fb_record record;
        fb_err_init(&err);
        fb_arena_init(&arena, 1 << 20);
        fb_buf_init(&out, FB_STATEMENT_MAX);
        fb_buf_init(&again, FB_STATEMENT_MAX);
        FB_TEST_OK(canonical(drafts[kind], "", &out, &err));
        FB_TEST_OK(fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err));
        assert_int_equal(record.kind, kind);
        assert_true(fb_str_eq(record.statement, fb_buf_str(&out)));
        assert_ptr_not_equal(record.statement.ptr, out.ptr);
        assert_true(fb_str_is(record.issuer, "party/aurora"));
        assert_int_equal(record.at, fb_days_from_civil(2026, 3, 1) * FB_DAY + 9 * FB_HOUR);
        assert_int_equal(record.supersedes.len, 0);
        size_t count;
        fb_kind_fields(record.kind, &count);
        assert_int_equal(record.body->count, count);
        FB_TEST_OK(canonical(out.ptr, "party/other", &again, &err));
        assert_string_equal(again.ptr, out.ptr);
        fb_buf_release(&again);
        fb_buf_release(&out);
        fb_arena_release(&arena);
    }
}

/* What a change to the good draft of a kind must give, for drafts and for statements alike. */
struct change {
    enum fb_kind kind;
    const char *from, *to;
    enum fb_code code; /* OK: still good */
    const char *path;
};

static void check_change(const struct change *c)
{
    struct fb_err err;
    struct fb_buf out;
    struct fb_arena arena;
    struct fb_record record = {.seq = 77};
    fb_err_init(&err);
    fb_buf_init(&out, 2 * FB_STATEMENT_MAX);
    fb_arena_init(&arena, 16 << 20);
    fb_buf_add_c(&out, "kept");
    char *text = replaced(drafts[c->kind], c->from, c->to);
    enum fb_code code = canonical(text, "", &out, &err);
    if (code != c->code || (code != FB_OK && strcmp(err.path, c->path) != 0)) {
        fail_msg("%s: got %s at '%s' (%s), expected %s at '%s'", c->to, fb_code_name(code),
            err.path, err.message, fb_code_name(c->code), c->path);
    }
    if (code != FB_OK) {
        assert_string_equal(out.ptr, "kept");
        assert_true(err.message[0] != 0 && err.hint[0] != 0);
        fb_err_init(&err);
        code = fb_record_parse(fb_str_of(text), "r.json", &arena, &record, &err);
        assert_int_equal(code, c->code);
        assert_string_equal(err.path, c->path);
        assert_string_equal(err.file, "r.json");
        assert_int_equal(err.line, 1);
        assert_int_equal(record.seq, 77);
    }
    free(text);
    fb_arena_release(&arena);
    fb_buf_release(&out);
}

static void test_members(void **state)
{
    (void)state;
    static const struct change changes[] = {
        {FB_KIND_incident, "\"at\"", "\"att\"", FB_E_SCHEMA, "$.att"},
        {FB_KIND_incident, "\"at\"", "\"severity\":1,\"at\"", FB_E_SCHEMA, "$.severity"},
        {FB_KIND_incident, AT, "", FB_E_SCHEMA, "$.at"},
        {FB_KIND_incident, "\"id\":\"incident/one\",", "", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"issuer\":\"party/aurora\",", "", FB_E_SCHEMA, "$.issuer"},
        {FB_KIND_incident, "\"kind\":\"incident\",", "", FB_E_SCHEMA, "$.kind"},
        {FB_KIND_incident, "\"kind\":\"incident\"", "\"kind\":\"incidnet\"", FB_E_SCHEMA, "$.kind"},
        {FB_KIND_incident, "\"kind\":\"incident\"", "\"kind\":9", FB_E_SCHEMA, "$.kind"},
        {FB_KIND_incident, "\"incident/one\"", "\"incident/\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"incident\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"incidents/one\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"/one\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"incident/o ne\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"incident/\xc3\xa9\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"incident/a/b.c_d-e:f@g+h\"", FB_OK, ""},
        {FB_KIND_incident, "\"incident/one\"", "\"report/one\"", FB_E_REFERENCE, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "7", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "party/aurora", "system/aurora", FB_E_REFERENCE, "$.issuer"},
        {FB_KIND_incident, ABOUT, "", FB_E_SCHEMA, "$.subject"},
        {FB_KIND_incident, "system/s", "party/s", FB_E_REFERENCE, "$.subject"},
        {FB_KIND_incident, "\"system/s\"", "null", FB_E_SCHEMA, "$.subject"},
        {FB_KIND_report, ABOUT, "", FB_OK, ""},
        {FB_KIND_party, AT, AT ABOUT, FB_E_SCHEMA, "$.subject"},
        {FB_KIND_incident, "2026-03-01T09:00:00Z", "2026-02-29", FB_E_TIME, "$.at"},
        {FB_KIND_incident, "\"2026-03-01T09:00:00Z\"", "1772355600", FB_E_SCHEMA, "$.at"},
        {FB_KIND_incident, "2026-03-01T09:00:00Z", "2026-03-01T10:00:00.5+01:00", FB_OK, ""},
        {FB_KIND_incident, AT, AT "\"supersedes\":\"incident/zero\",", FB_OK, ""},
        {FB_KIND_incident, AT, AT "\"supersedes\":\"report/zero\",", FB_E_REFERENCE,
            "$.supersedes"},
        {FB_KIND_incident, AT, AT "\"supersedes\":\"incident/one\",", FB_E_REFERENCE,
            "$.supersedes"},
        {FB_KIND_incident, AT, AT "\"supersedes\":[],", FB_E_SCHEMA, "$.supersedes"},
        {FB_KIND_policy, "\"body\":{", "\"body\":[],\"x\":{", FB_E_SCHEMA, "$.x"},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        check_change(&changes[i]);
    }
}

static void test_field_types(void **state)
{
    (void)state;
    static const struct change changes[] = {
        /* unknown and missing */
        {FB_KIND_incident, "\"class\"", "\"clas\"", FB_E_SCHEMA, "$.body.clas"},
        {FB_KIND_incident, "\"class\":\"death\",", "", FB_E_SCHEMA, "$.body.class"},
        {FB_KIND_incident, "\"class\":\"death\"", "\"class\":null", FB_E_SCHEMA, "$.body.class"},
        /* STRING */
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":1", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"\"", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"a\\nb\"", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"\\u0000\"", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"\\u007f\"", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"\\u0085\"", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"\\u00a0\xe2\x82\xac\"", FB_OK, ""},
        /* TEXT */
        {FB_KIND_incident, "line\\nline", "line\\tline", FB_E_SCHEMA, "$.body.description"},
        {FB_KIND_incident, "\"line\\nline\"", "[]", FB_E_SCHEMA, "$.body.description"},
        {FB_KIND_incident, "line\\nline", "", FB_E_SCHEMA, "$.body.description"},
        /* NAME */
        {FB_KIND_incident, "\"death\"", "\"a death\"", FB_E_SCHEMA, "$.body.class"},
        {FB_KIND_incident, "\"death\"", "\"death\\\"\"", FB_E_SCHEMA, "$.body.class"},
        {FB_KIND_incident, "\"death\"", "\"\"", FB_E_SCHEMA, "$.body.class"},
        {FB_KIND_incident, "\"death\"", "{}", FB_E_SCHEMA, "$.body.class"},
        {FB_KIND_incident, "\"death\"", "\"aZ09._-/:@+\"", FB_OK, ""},
        /* INT */
        {FB_KIND_measure, "\"level\":4", "\"level\":-1", FB_E_RANGE, "$.body.level"},
        {FB_KIND_measure, "\"level\":4", "\"level\":4.0", FB_E_SCHEMA, "$.body.level"},
        {FB_KIND_measure, "\"level\":4", "\"level\":\"4\"", FB_E_SCHEMA, "$.body.level"},
        {FB_KIND_measure, "\"level\":4", "\"level\":9007199254740992", FB_OK, ""},
        {FB_KIND_measure, "\"level\":4", "\"level\":9007199254740993", FB_E_RANGE, "$.body.level"},
        {FB_KIND_measure, "\"level\":4", "\"level\":0", FB_OK, ""},
        /* NUMBER */
        {FB_KIND_dataset, "2.5e12", "-0.5", FB_E_RANGE, "$.body.tokens"},
        {FB_KIND_dataset, "2.5e12", "\"many\"", FB_E_SCHEMA, "$.body.tokens"},
        {FB_KIND_dataset, "2.5e12", "0.1", FB_OK, ""},
        /* FLAG */
        {FB_KIND_system, "true", "false", FB_OK, ""},
        {FB_KIND_system, "true", "\"true\"", FB_E_SCHEMA, "$.body.designated"},
        {FB_KIND_system, "true", "1", FB_E_SCHEMA, "$.body.designated"},
        /* TIME */
        {FB_KIND_run, "\"2026-02-01\"", "\"yesterday\"", FB_E_TIME, "$.body.started"},
        {FB_KIND_run, "\"2026-02-01\"", "0", FB_E_SCHEMA, "$.body.started"},
        /* DIGEST */
        {FB_KIND_case, "sha256:0", "sha256:A", FB_E_SCHEMA, "$.body.document"},
        {FB_KIND_case, "sha256:0", "sha256:", FB_E_SCHEMA, "$.body.document"},
        {FB_KIND_case, "sha256:0", "sha256:00", FB_E_SCHEMA, "$.body.document"},
        {FB_KIND_case, "sha256:0", "sha512:0", FB_E_SCHEMA, "$.body.document"},
        {FB_KIND_case, "\"sha256:" HEX64 "\"", "false", FB_E_SCHEMA, "$.body.document"},
        /* STRINGS */
        {FB_KIND_run, "[\"train\"]", "\"train\"", FB_E_SCHEMA, "$.body.job_names"},
        {FB_KIND_run, "[\"train\"]", "[\"a\",\"\"]", FB_E_SCHEMA, "$.body.job_names[1]"},
        {FB_KIND_run, "[\"train\"]", "[[\"a\"]]", FB_E_SCHEMA, "$.body.job_names[0]"},
        {FB_KIND_run, "[\"train\"]", "[]", FB_OK, ""},
        /* TREE */
        {FB_KIND_evaluation, "{\"accuracy\"", "{\"\":0,\"accuracy\"", FB_OK, ""},
        {FB_KIND_evaluation, "{\"accuracy\":[0.5,null,{\"deep\":-1.5}]}", "null", FB_OK, ""},
        /* REF */
        {FB_KIND_report, "incident/one", "system/one", FB_E_REFERENCE, "$.body.about"},
        {FB_KIND_report, "incident/one", "one", FB_E_SCHEMA, "$.body.about"},
        {FB_KIND_report, "\"incident/one\"", "[\"incident/one\"]", FB_E_SCHEMA, "$.body.about"},
        /* ENUM */
        {FB_KIND_report, "\"initial\"", "\"final\"", FB_OK, ""},
        {FB_KIND_report, "\"initial\"", "\"initia\"", FB_E_SCHEMA, "$.body.stage"},
        {FB_KIND_report, "\"initial\"", "\"initial|intermediate\"", FB_E_SCHEMA, "$.body.stage"},
        {FB_KIND_report, "\"initial\"", "\"\"", FB_E_SCHEMA, "$.body.stage"},
        {FB_KIND_report, "\"initial\"", "1", FB_E_SCHEMA, "$.body.stage"},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        check_change(&changes[i]);
    }
}

static void test_rules(void **state)
{
    (void)state;
    static const struct change changes[] = {
        {FB_KIND_party, "\"FR\"", "\"fr\"", FB_E_SCHEMA, "$.body.country"},
        {FB_KIND_party, "\"FR\"", "\"FRA\"", FB_E_SCHEMA, "$.body.country"},
        {FB_KIND_party, ",\"country\":\"FR\"", "", FB_OK, ""},
        {FB_KIND_key, "2027-01-01", "2026-01-01", FB_E_TIME, "$.body.valid_until"},
        {FB_KIND_key, "\"valid_from\":\"2026-01-01\",", "", FB_OK, ""},
        {FB_KIND_key, ",\"valid_until\":\"2027-01-01\"", "", FB_OK, ""},
        {FB_KIND_usage, "2026-02-01T00:01:40Z", "2026-01-31T23:59:59Z", FB_E_TIME, "$.body.ended"},
        {FB_KIND_usage, "2026-02-01T00:01:40Z", "2026-02-01T00:01:40.9Z", FB_OK, ""},
        {FB_KIND_usage, "\"gpu_seconds\":800", "\"gpu_seconds\":801", FB_E_MISMATCH,
            "$.body.gpu_seconds"},
        {FB_KIND_usage, "\"gpus\":8,\"gpu_seconds\":800", "\"gpus\":0,\"gpu_seconds\":0", FB_OK,
            ""},
        {FB_KIND_usage, "\"gpus\":8,", "\"gpus\":9007199254740992,", FB_E_MISMATCH,
            "$.body.gpu_seconds"},
        {FB_KIND_evaluation, "2026-02-01T01:00:00Z", "2026-01-01", FB_E_TIME, "$.body.ended"},
        {FB_KIND_evaluation,
            "\"samples\":300,\"succeeded_any\":10,\"succeeded_all\":4,\"unre"
            "solved\":2",
            "\"samples\":0,\"succeeded_any\":0,\"succeeded_all\":0,\"unresolved\":0", FB_E_RANGE,
            "$.body.samples"},
        {FB_KIND_evaluation, "\"samples\":300", "\"samples\":12", FB_OK, ""},
        {FB_KIND_evaluation, "\"samples\":300", "\"samples\":11", FB_E_MISMATCH,
            "$.body.unresolved"},
        {FB_KIND_evaluation, "\"samples\":300", "\"samples\":9", FB_E_MISMATCH,
            "$.body.succeeded_any"},
        {FB_KIND_evaluation, "\"succeeded_all\":4", "\"succeeded_all\":11", FB_E_MISMATCH,
            "$.body.succeeded_all"},
        {FB_KIND_evaluation, "\"succeeded_all\":4", "\"succeeded_all\":10", FB_OK, ""},
        {FB_KIND_evaluation, "\"epochs\":1", "\"epochs\":0", FB_E_RANGE, "$.body.epochs"},
        {FB_KIND_evaluation, "\"epochs\":1,", "", FB_OK, ""},
        {FB_KIND_policy, "\"version\":1", "\"version\":0", FB_E_RANGE, "$.body.version"},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        check_change(&changes[i]);
    }
    /* A run that failed may have got to no sample. */
    char *error = replaced(drafts[FB_KIND_evaluation], "\"success\"", "\"error\"");
    char *none = replaced(error,
        "\"samples\":300,\"succeeded_any\":10,\"succeeded_all\":4,"
        "\"unresolved\":2",
        "\"samples\":0,\"succeeded_any\":0,\"succeeded_all\":0,\"unresolved\":0");
    struct fb_err err;
    struct fb_buf out;
    fb_err_init(&err);
    fb_buf_init(&out, FB_STATEMENT_MAX);
    FB_TEST_OK(canonical(none, "", &out, &err));
    fb_buf_release(&out);
    free(none);
    free(error);
}

static void test_hints(void **state)
{
    (void)state;
    static const struct {
        enum fb_kind kind;
        const char *from, *to, *message, *hint;
    } cases[] = {
        {FB_KIND_incident, "\"class\"", "\"clas\"", "a record of kind incident has no field 'clas'",
            "Did you mean 'class'?"},
        {FB_KIND_incident, "\"class\"", "\"severity\"",
            "a record of kind incident has no field 'severity'",
            "Its fields are title, class, known_to, known_at, description."},
        {FB_KIND_incident, "\"subject\"", "\"subjekt\"", "a statement has no member 'subjekt'",
            "Did you mean 'subject'?"},
        {FB_KIND_incident, "\"kind\":\"incident\"", "\"kind\":\"incidnet\"",
            "there is no kind of record \"incidnet\"", "Did you mean \"incident\"?"},
        {FB_KIND_report, "\"initial\"", "\"intial\"",
            "'stage' is \"intial\", which is none of initial|intermediate|final",
            "Did you mean \"initial\"?"},
        {FB_KIND_incident, "\"class\":\"death\",", "",
            "a record of kind incident needs the field 'class'",
            "Add 'class': its class in the words of the rules."},
        {FB_KIND_run, "[\"train\"]", "[\"\"]", "'job_names' is empty",
            "Leave the member out when there is nothing to say, or fill it in."},
        {FB_KIND_run, "[\"train\"]", "null", "'job_names' must be a list of strings, not null",
            "Leave the member out when its value is not known."},
        {FB_KIND_usage, "\"gpu_seconds\":800", "\"gpu_seconds\":80",
            "'gpu_seconds' is 80, but 8 GPUs for 100 s give another",
            "It must be 'gpus' times the whole seconds from 'started' to 'ended'."},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_err err;
        struct fb_buf out;
        fb_err_init(&err);
        fb_buf_init(&out, FB_STATEMENT_MAX);
        char *text = replaced(drafts[cases[i].kind], cases[i].from, cases[i].to);
        assert_int_not_equal(canonical(text, "", &out, &err), FB_OK);
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(err.hint, cases[i].hint);
        free(text);
        fb_buf_release(&out);
    }
}

/* A text of count times piece between two others; the caller frees it. */
static char *repeated(const char *before, const char *piece, size_t count, const char *after)
{
    size_t size = strlen(before) + strlen(piece) * count + strlen(after) + 1;
    char *out = malloc(size);
    char *at = out + snprintf(out, size, "%s", before);
    for (size_t i = 0; i < count; i++, at += strlen(piece)) {
        memcpy(at, piece, strlen(piece));
    }
    snprintf(at, size - (size_t)(at - out), "%s", after);
    return out;
}

static void check_limit(enum fb_kind kind, const char *from, char *to, bool good, const char *path)
{
    struct change change = {kind, from, to, good ? FB_OK : FB_E_LIMIT, path};
    check_change(&change);
    free(to);
}

static void test_limits(void **state)
{
    (void)state;
    const char *path = "$.body.title";
    check_limit(FB_KIND_incident, "\"I\"", repeated("\"", "x", 4096, "\""), true, "");
    check_limit(FB_KIND_incident, "\"I\"", repeated("\"", "x", 4097, "\""), false, path);
    path = "$.body.description";
    check_limit(FB_KIND_incident, "line\\nline", repeated("", "x", 32768, ""), true, "");
    check_limit(FB_KIND_incident, "line\\nline", repeated("", "x", 32769, ""), false, path);
    check_limit(FB_KIND_incident, "death", repeated("", "x", 200, ""), true, "");
    check_limit(FB_KIND_incident, "death", repeated("", "x", 201, ""), false, "$.body.class");
    check_limit(FB_KIND_incident, "incident/one", repeated("incident/", "x", 191, ""), true, "");
    check_limit(
        FB_KIND_incident, "incident/one", repeated("incident/", "x", 192, ""), false, "$.id");
    path = "$.body.models";
    check_limit(FB_KIND_system, "\"mock/one\"", repeated("\"a\"", ",\"a\"", 998, ""), true, "");
    check_limit(FB_KIND_system, "\"mock/one\"", repeated("\"a\"", ",\"a\"", 999, ""), false, path);
    /* The statement, its body, metrics and 29 lists are 32 levels. */
    char *deep = repeated("", "[", 29, "0");
    char *closed = repeated(deep, "]", 29, "");
    char *deeper = repeated("[", closed, 1, "]");
    free(deep);
    check_limit(FB_KIND_evaluation, "[0.5,null,{\"deep\":-1.5}]", closed, true, "");
    struct fb_err err;
    struct fb_buf out;
    fb_err_init(&err);
    fb_buf_init(&out, 2 * FB_STATEMENT_MAX);
    char *text = replaced(drafts[FB_KIND_evaluation], "[0.5,null,{\"deep\":-1.5}]", deeper);
    FB_TEST_FAILS(canonical(text, "", &out, &err), FB_E_LIMIT);
    free(text);
    free(deeper);

    /* A whole statement: 59,999 + 1 bytes are allowed. */
    fb_buf_clear(&out);
    FB_TEST_OK(canonical(drafts[FB_KIND_evaluation], "", &out, &err));
    size_t room = FB_STATEMENT_MAX - out.len;
    fb_buf_clear(&out);
    char *filled = repeated("\"accuracy", "y", room, "\"");
    text = replaced(drafts[FB_KIND_evaluation], "\"accuracy\"", filled);
    FB_TEST_OK(canonical(text, "", &out, &err));
    assert_int_equal(out.len, FB_STATEMENT_MAX);
    struct fb_arena arena;
    struct fb_record record;
    fb_arena_init(&arena, 16 << 20);
    FB_TEST_OK(fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err));
    free(text);
    free(filled);
    fb_buf_clear(&out);
    filled = repeated("\"accuracy", "y", room + 1, "\"");
    text = replaced(drafts[FB_KIND_evaluation], "\"accuracy\"", filled);
    FB_TEST_FAILS(canonical(text, "", &out, &err), FB_E_LIMIT);
    assert_int_equal(out.len, 0);
    free(text);
    free(filled);
    fb_arena_release(&arena);
    fb_buf_release(&out);
}

/* A statement must be in canonical form, and says at which byte it is not. */
static void test_canonical(void **state)
{
    (void)state;
    static const char *const body =
        "\"body\":{\"document\":\"sha256:" HEX64 "\",\"name\":\"p\",\"version\":1},";
    static const char *const rest =
        "\"id\":\"policy/p\",\"issuer\":\"party/a\",\"kind\":\"policy\"}";
    static const struct {
        const char *head, *tail;
        int64_t offset; /* -1: good */
    } cases[] = {{"{\"at\":\"2026-03-01\",", "", -1}, {"{ \"at\":\"2026-03-01\",", "", 1},
        {"{\"at\":\"2026-03-01\",", "\n", 187}, {"{\"\\u0061t\":\"2026-03-01\",", "", 2}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_err err;
        struct fb_arena arena;
        struct fb_record record;
        char text[1024];
        fb_err_init(&err);
        fb_arena_init(&arena, 1 << 20);
        snprintf(text, sizeof(text), "%s%s%s%s", cases[i].head, body, rest, cases[i].tail);
        if (cases[i].offset < 0) {
            FB_TEST_OK(fb_record_parse(fb_str_of(text), "p", &arena, &record, &err));
        } else {
            FB_TEST_FAILS(
                fb_record_parse(fb_str_of(text), "p", &arena, &record, &err), FB_E_SYNTAX);
            assert_int_equal(err.offset, cases[i].offset);
            assert_non_null(strstr(err.hint, "flyball add"));
        }
        fb_arena_release(&arena);
    }
}

static void test_not_a_statement(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fb_code code;
    } cases[] = {{"", FB_E_SYNTAX}, {"[]", FB_E_SCHEMA}, {"null", FB_E_SCHEMA}, {"7", FB_E_SCHEMA},
        {"{\"a\":1,\"a\":2}", FB_E_SYNTAX}, {"{} x", FB_E_SYNTAX}, {"\"\xff\"", FB_E_UTF8},
        {"{}", FB_E_SCHEMA}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_err err;
        struct fb_arena arena;
        struct fb_record record = {.seq = 77};
        fb_err_init(&err);
        fb_arena_init(&arena, 1 << 20);
        FB_TEST_FAILS(fb_record_parse(fb_str_of(cases[i].text), "bad.json", &arena, &record, &err),
            cases[i].code);
        assert_string_equal(err.file, "bad.json");
        assert_int_equal(record.seq, 77);
        fb_arena_release(&arena);
    }
}

/* The caller's issuer goes into a draft that has none, and never replaces one. */
static void test_issuer(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_buf out;
    fb_err_init(&err);
    fb_buf_init(&out, FB_STATEMENT_MAX);
    char *draft = replaced(drafts[FB_KIND_policy], "\"issuer\":\"party/aurora\",", "");
    FB_TEST_OK(canonical(draft, "party/office", &out, &err));
    assert_string_equal(out.ptr,
        "{\"at\":\"2026-03-01T09:00:00Z\",\"body\":{\"document\":\"sha256:" HEX64
        "\",\"name\":\"eu/gpai\",\"version\":1},\"id\":\"policy/one\",\"issuer\":"
        "\"party/office\",\"kind\":\"policy\"}");
    fb_buf_clear(&out);
    FB_TEST_FAILS(canonical(draft, "system/office", &out, &err), FB_E_REFERENCE);
    assert_string_equal(err.path, "$.issuer");
    fb_buf_release(&out);
    free(draft);
}

static void test_values(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_buf out;
    struct fb_arena arena;
    struct fb_record record;
    fb_err_init(&err);
    fb_buf_init(&out, FB_STATEMENT_MAX);
    fb_arena_init(&arena, 1 << 20);
    FB_TEST_OK(canonical(drafts[FB_KIND_usage], "", &out, &err));
    FB_TEST_OK(fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err));
    fb_time start = fb_days_from_civil(2026, 2, 1) * FB_DAY;
    assert_true(fb_value_eq(fb_record_value(&record, 2), fb_value_str(FB_STR("train it"))));
    assert_true(fb_value_eq(fb_record_value(&record, 3), fb_value_str(FB_STR("run/one"))));
    assert_true(fb_value_eq(fb_record_value(&record, 5), fb_value_time(start)));
    assert_true(fb_value_eq(fb_record_value(&record, 7), fb_value_int(8)));
    assert_true(fb_str_is(fb_record_text(&record, "state"), "COMPLETED"));
    assert_int_equal(fb_record_text(&record, "gpus").len, 0);
    assert_int_equal(fb_record_text(&record, "no").len, 0);
    fb_buf_clear(&out);
    char *draft = replaced(drafts[FB_KIND_system], "\"designated\":true,", "");
    FB_TEST_OK(canonical(draft, "", &out, &err));
    FB_TEST_OK(fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err));
    assert_true(fb_value_eq(fb_record_value(&record, 2), fb_value_float(1e25)));
    assert_int_equal(fb_record_value(&record, 3).type, FB_TYPE_NONE);
    assert_int_equal(fb_record_value(&record, 4).type, FB_TYPE_NONE);
    fb_buf_clear(&out);
    FB_TEST_OK(canonical(drafts[FB_KIND_system], "", &out, &err));
    FB_TEST_OK(fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err));
    assert_true(fb_value_eq(fb_record_value(&record, 3), fb_value_bool(true)));
    free(draft);
    fb_arena_release(&arena);
    fb_buf_release(&out);
}

/* Every allocation of both ways fails once; nothing leaks and outputs stay. */
static void test_memory(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_arena drafted;
    struct fb_json *draft = NULL;
    fb_err_init(&err);
    fb_arena_init(&drafted, 1 << 20);
    FB_TEST_OK(
        fb_json_parse(fb_str_of(drafts[FB_KIND_evaluation]), NULL, NULL, &drafted, &draft, &err));
    enum fb_code code = FB_E_NOMEM;
    for (int64_t n = 0; code != FB_OK; n++) {
        struct fb_buf out;
        struct fb_arena arena;
        struct fb_record record = {.seq = 77};
        fb_err_init(&err);
        fb_buf_init(&out, FB_STATEMENT_MAX);
        fb_arena_init(&arena, 1 << 20);
        fb_alloc_fail_at(n);
        code = fb_record_canonical(draft, FB_STR(""), &out, &err);
        assert_true(code == FB_OK || out.len == 0);
        if (code == FB_OK) {
            code = fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err);
        }
        fb_alloc_fail_at(-1);
        if (code != FB_OK) {
            assert_int_equal(code, FB_E_NOMEM);
            assert_int_equal(record.seq, 77);
        }
        fb_arena_release(&arena);
        fb_buf_release(&out);
        assert_true(n < 1000);
    }
    fb_arena_release(&drafted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_members), cmocka_unit_test(test_field_types),
        cmocka_unit_test(test_rules), cmocka_unit_test(test_hints), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_canonical), cmocka_unit_test(test_not_a_statement),
        cmocka_unit_test(test_issuer), cmocka_unit_test(test_values),
        cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
