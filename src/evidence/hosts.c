/* hosts.c: lists of hosts as Slurm writes them. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "evidence/reconcile.h"

enum { HOST_MAX = 256 };

/* A list being expanded. */
struct hosts {
    fb_hosts_sink sink;
    void *ctx;
    size_t count;
};

static enum fb_code give(struct hosts *hosts, struct fb_str host, struct fb_err *err)
{
    if (hosts->count == FB_RECONCILE_NODES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a job has more than %d hosts", FB_RECONCILE_NODES_MAX);
    }
    hosts->count++;
    return hosts->sink(hosts->ctx, host, err);
}

static enum fb_code refuse(struct fb_str item, struct fb_err *err)
{
    return fb_err_set(err, FB_E_SYNTAX, "'%.*s' is not a list of hosts, as gpu[01-04,7]",
        FB_STR_ARG(fb_str_sub(item, 0, 80)));
}

/* "01-04" or "7" between a prefix and a suffix; numbers keep the width of the first. */
static enum fb_code give_range(struct hosts *hosts, struct fb_str prefix, struct fb_str range,
    struct fb_str suffix, struct fb_err *err)
{
    char host[HOST_MAX];
    uint64_t low = 0, high = 0;
    size_t dash = fb_str_find(range, '-', 0);
    struct fb_str first = fb_str_sub(range, 0, dash);
    struct fb_str last = dash < range.len ? fb_str_sub(range, dash + 1, range.len) : first;
    if (!fb_str_u64(first, &low) || !fb_str_u64(last, &high) || high < low || first.len > 18 ||
        prefix.len + suffix.len + 20 > sizeof(host)) {
        return refuse(range, err);
    }
    if (high - low >= FB_RECONCILE_NODES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a job has more than %d hosts", FB_RECONCILE_NODES_MAX);
    }
    enum fb_code code = FB_OK;
    for (uint64_t n = low; code == FB_OK && n <= high; n++) {
        int len = snprintf(host, sizeof(host), "%.*s%0*llu%.*s", FB_STR_ARG(prefix), (int)first.len,
            (unsigned long long)n, FB_STR_ARG(suffix));
        code = give(hosts, (struct fb_str){host, (size_t)len}, err);
    }
    return code;
}

/* One item: a name, with at most one list of numbers in brackets. */
static enum fb_code give_item(struct hosts *hosts, struct fb_str item, struct fb_err *err)
{
    size_t open = fb_str_find(item, '[', 0), close = fb_str_find(item, ']', 0);
    if (open == item.len && close == item.len && item.len > 0 && item.len < HOST_MAX) {
        return give(hosts, item, err);
    }
    struct fb_str suffix = fb_str_sub(item, close + 1, item.len);
    if (item.len == 0 || open >= close || close == item.len ||
        fb_str_find(suffix, '[', 0) < suffix.len) {
        return refuse(item, err);
    }
    struct fb_str inner = fb_str_sub(item, open + 1, close - open - 1);
    enum fb_code code = FB_OK;
    for (size_t at = 0; code == FB_OK && at <= inner.len;) {
        size_t end = fb_str_find(inner, ',', at);
        code = give_range(
            hosts, fb_str_sub(item, 0, open), fb_str_sub(inner, at, end - at), suffix, err);
        at = end + 1;
    }
    return code;
}

enum fb_code fb_hosts_expand(struct fb_str list, fb_hosts_sink sink, void *ctx, struct fb_err *err)
{
    FB_ASSERT(sink);
    struct hosts hosts = {sink, ctx, 0};
    enum fb_code code = FB_OK;
    for (size_t at = 0; code == FB_OK && at < list.len;) {
        size_t end = at;
        bool inside = false;
        while (end < list.len && (inside || list.ptr[end] != ',')) {
            inside = list.ptr[end] == '[' || (inside && list.ptr[end] != ']');
            end++;
        }
        code = give_item(&hosts, fb_str_trim(fb_str_sub(list, at, end - at)), err);
        at = end + 1;
    }
    return code;
}
