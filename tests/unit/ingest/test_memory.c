/*
 * Memory of the readers: it does not grow with what a log says of each sample, and with the number
 * of samples by a few bytes each. Each format is read at a size, at ten times the text, and at ten
 * times the samples.
 */
#include "base/alloc.h"
#include "fb_test.h"
#include "fb_zip.h"
#include "ingest/ingest.h"
#include "ingest/reader.h"

enum {
    SAMPLES = 200,
    EVENTS = 40,       /* of each sample, of 100 bytes each */
    SLACK = 64 * 1024, /* where the ends of pieces fall */
    EACH = 1024, /* bytes of memory that a sample may take, with its name in maps and growth */
    TEXT_MAX = 1 << 28,
};

static struct fb_err err;

/* One log of a format with so many samples, each with so many events. */
typedef void make_log(struct fb_buf *out, int samples, int events);

static void add_events(struct fb_buf *out, int events)
{
    for (int i = 0; i < events; i++) {
        fb_buf_addf(out,
            "%s{\"event\":\"model\",\"text\":\"%05d some words that a model said, and some more of "
            "them to fill the line\"}",
            i ? "," : "", i * 7919 % 100003);
    }
}

static void add_sample(struct fb_buf *out, int id, int events)
{
    fb_buf_addf(out,
        "{\"id\":\"sample-%d\",\"epoch\":1,\"scores\":{\"s\":{\"value\":%d}},\"events\":[", id,
        id % 2);
    add_events(out, events);
    fb_buf_add_c(out, "]}");
}

static void add_header(struct fb_buf *out, int samples)
{
    fb_buf_addf(out,
        "{\"version\":2,\"status\":\"success\",\"eval\":{\"task\":\"t\",\"model\":\"m\","
        "\"created\":\"2026-01-01T00:00:00Z\",\"dataset\":{\"samples\":%d},\"config\":{}},"
        "\"results\":{\"total_samples\":%d,\"scores\":[{\"name\":\"s\",\"scorer\":\"s\","
        "\"metrics\":{\"accuracy\":{\"name\":\"accuracy\",\"value\":0.5}}}]}",
        samples, samples);
}

static void make_json(struct fb_buf *out, int samples, int events)
{
    add_header(out, samples);
    fb_buf_add_c(out, ",\"samples\":[");
    for (int i = 0; i < samples; i++) {
        fb_buf_add_c(out, i ? "," : "");
        add_sample(out, i, events);
    }
    fb_buf_add_c(out, "]}");
}

static void make_zip(struct fb_buf *out, int samples, int events, int method)
{
    struct zipper z;
    struct fb_buf text;
    zip_start(&z);
    fb_buf_init(&text, TEXT_MAX);
    for (int i = 0; i < samples; i++) {
        char name[64];
        snprintf(name, sizeof(name), "samples/sample-%d_epoch_1.json", i);
        fb_buf_clear(&text);
        add_sample(&text, i, events);
        zip_add(&z, name, text.ptr, method);
    }
    fb_buf_clear(&text);
    add_header(&text, samples);
    fb_buf_add_c(&text, "}");
    zip_add(&z, "header.json", text.ptr, method);
    zip_finish(&z);
    fb_buf_add_str(out, fb_buf_str(&z.out));
    fb_buf_release(&text);
    zip_release(&z);
}

static void make_eval_zstd(struct fb_buf *out, int samples, int events)
{
    make_zip(out, samples, events, ZSTD);
}

static void make_eval_stored(struct fb_buf *out, int samples, int events)
{
    make_zip(out, samples, events, STORED);
}

static void make_eval_deflate(struct fb_buf *out, int samples, int events)
{
    make_zip(out, samples, events, DEFLATE);
}

static void make_metr(struct fb_buf *out, int samples, int events)
{
    for (int i = 0; i < samples; i++) {
        for (int run = 0; run < events; run++) {
            fb_buf_addf(out,
                "{\"task_id\":\"family-%d/task-%d\",\"task_family\":\"family-%d\",\"run_id\":"
                "\"run-%d-%d\",\"alias\":\"model\",\"score_binarized\":%d,\"human_minutes\":%d,"
                "\"fatal_error_from\":null}\n",
                i % 20, i, i % 20, i, run, (i + run) % 2, 1 + i % 90);
        }
    }
}

static void make_harness(struct fb_buf *out, int samples, int events)
{
    for (int i = 0; i < samples; i++) {
        fb_buf_addf(out, "{\"doc_id\":%d,\"doc\":[", i);
        add_events(out, events);
        fb_buf_addf(out,
            "],\"target\":\"x\",\"arguments\":[],\"resps\":[],\"filtered_resps\":[],\"filter\":"
            "\"none\",\"metrics\":[\"acc\"],\"doc_hash\":\"%064d\",\"prompt_hash\":\"p\","
            "\"target_hash\":\"t\",\"acc\":%d.0}\n",
            i, i % 2);
    }
}

/* Rows of one sample each; its text is further rows of the same. */
static void make_csv(struct fb_buf *out, int samples, int events)
{
    fb_buf_add_c(out, "task,model,cluster,trials,successes,note\n");
    for (int i = 0; i < samples; i++) {
        for (int row = 0; row < events; row++) {
            fb_buf_addf(out, "t,m,cluster-%d,3,%d,\"some words, and \"\"more\"\" of row %d\"\n", i,
                row % 3, row);
        }
    }
}

/* The most memory that reading takes. */
static size_t peak(make_log *make, const char *name, int samples, int events, size_t *out_bytes)
{
    struct fb_buf text;
    struct fb_arena arena;
    struct fb_drafts drafts = {0};
    fb_buf_init(&text, TEXT_MAX);
    fb_arena_init(&arena, (size_t)64 << 20);
    make(&text, samples, events);
    assert_int_equal(text.state, FB_BUF_GOOD);
    fb_alloc_watch();
    enum fb_code code = fb_ingest_memory(fb_buf_str(&text), name, NULL, &arena, &drafts, &err);
    size_t most = fb_alloc_watched();
    if (code != FB_OK) {
        printf("# %s: %s\n", name, err.message);
    }
    assert_int_equal(code, FB_OK);
    assert_true(drafts.count > 0);
    *out_bytes = text.len;
    fb_arena_release(&arena);
    fb_buf_release(&text);
    return most;
}

static void test_readers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        make_log *make;
        bool holds_member; /* a deflated member is held whole, up to 32 MiB */
        size_t each_text;  /* bytes that each further piece of text may take: the name of a run */
    } table[] = {{"log.json", make_json, false, 0}, {"zstd.eval", make_eval_zstd, false, 0},
        {"stored.eval", make_eval_stored, false, 0}, {"deflate.eval", make_eval_deflate, true, 0},
        {"runs.jsonl", make_metr, false, 72}, {"samples_t_2026.jsonl", make_harness, false, 0},
        {"trials.csv", make_csv, false, 0}};
    fb_err_init(&err);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        size_t bytes = 0, longer_bytes = 0, more_bytes = 0;
        size_t once = peak(table[i].make, table[i].name, SAMPLES, EVENTS, &bytes);
        size_t longer = peak(table[i].make, table[i].name, SAMPLES, 10 * EVENTS, &longer_bytes);
        size_t more = peak(table[i].make, table[i].name, 10 * SAMPLES, EVENTS, &more_bytes);
        printf("# %s: %zu KiB of %zu, text x 10: %zu of %zu, samples x 10: %zu of %zu\n",
            table[i].name, once >> 10, bytes >> 10, longer >> 10, longer_bytes >> 10, more >> 10,
            more_bytes >> 10);
        assert_true(longer_bytes > 2 * bytes);
        size_t member = table[i].holds_member ? (longer_bytes + 10 * EVENTS * 200) : 0;
        size_t names = (size_t)9 * SAMPLES * EVENTS * table[i].each_text;
        assert_true(longer <= once + SLACK + member + names);
        assert_true(more <= once + SLACK + (size_t)9 * SAMPLES * EACH + names);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_readers)};
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
