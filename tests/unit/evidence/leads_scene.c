#include "leads_scene.h"

#include <stdio.h>

#include "base/io.h"
#include "fb_test.h"
#include "ingest/csv.h"

static struct fb_err err;

uint32_t leads_draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

void leads_feed(struct fb_leads *leads, const char *const texts[4], struct fb_job job)
{
    fb_err_init(&err);
    job.id = fb_str_of(texts[0]);
    job.name = fb_str_of(texts[1]);
    job.user = fb_str_of(texts[2]);
    job.account = fb_str_of(texts[3]);
    job.cluster = job.cluster.len ? job.cluster : FB_STR("openb");
    FB_TEST_OK(fb_leads_add(leads, &job, &err));
}

size_t leads_feed_trace(struct fb_leads *leads, const char *path, uint32_t *seed)
{
    struct fb_buf text;
    struct fb_csv csv;
    bool more = true;
    char user[16];
    size_t fed = 0;
    fb_err_init(&err);
    fb_buf_init(&text, 1 << 24);
    FB_TEST_OK(fb_io_read(path, &text, &err));
    FB_TEST_OK(fb_csv_start(&csv, fb_buf_str(&text), path, &err));
    for (;;) {
        FB_TEST_OK(fb_csv_next(&csv, &more, &err));
        if (!more) {
            break;
        }
        double gpus = 0, start = 0, end = 0;
        (void)fb_csv_parse_number(csv.fields[3], &gpus);
        (void)fb_csv_parse_number(csv.fields[10], &start);
        (void)fb_csv_parse_number(csv.fields[9], &end);
        if (gpus < 1 || csv.fields[10].len == 0 || end <= start) {
            continue;
        }
        char id[64];
        snprintf(id, sizeof(id), "%.*s", FB_STR_ARG(csv.fields[0]));
        snprintf(user, sizeof(user), "u%u", (unsigned)leads_draw(seed, 200));
        struct fb_job job = {.start = 1 + (int64_t)start, .end = 1 + (int64_t)end};
        FB_TEST_OK(fb_job_add_gpus(&job, (struct fb_job_part){FB_STR(""), (int64_t)gpus}, &err));
        leads_feed(leads, (const char *[4]){id, id, user, csv.fields[6].len ? "open" : ""}, job);
        fed++;
    }
    fb_csv_release(&csv);
    fb_buf_release(&text);
    return fed;
}
