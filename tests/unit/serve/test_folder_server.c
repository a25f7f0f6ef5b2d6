/* Tests of serving a folder: the names of tiles and nothing else. */
#include <ftw.h>

#include "base/io.h"
#include "ledger/tiles.h"
#include "serve/folder_server.h"
#include "served.h"

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(name);
}

static void put(const char *folder, const char *name, const char *text)
{
    struct fb_err err;
    char path[300];
    fb_err_init(&err);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    char *slash = strrchr(path, '/');
    *slash = 0;
    FB_TEST_OK(fb_io_mkdir(path, 0755, &err));
    *slash = '/';
    FB_TEST_OK(fb_io_write(path, fb_str_of(text), 0644, &err));
}

static void test_folder(void **state)
{
    (void)state;
    char folder[] = "/tmp/flyball-served-XXXXXX";
    struct served served = {.idle_s = 0};
    assert_non_null(mkdtemp(folder));
    put(folder, "log/checkpoint", "the checkpoint\n");
    put(folder, "log/tile/0/000.p/5", "tile");
    put(folder, "log/tile/entries/x001/234", "bundle");
    put(folder, "log/secret", "secret");
    put(folder, "secret", "secret");
    char dir[64];
    snprintf(dir, sizeof(dir), "%s/log", folder);
    struct fb_folder_server server = {dir};
    served_start(&served, fb_folder_server_handle, &server, 0);
    static const struct {
        const char *path;
        unsigned status;
        const char *body;
    } cases[] = {
        {"/checkpoint", 200, "the checkpoint\n"},
        {"/checkpoint?x", 200, "the checkpoint\n"},
        {"/tile/0/000.p/5", 200, "tile"},
        {"/tile/entries/x001/234", 200, "bundle"},
        {"/tile/0/000", 404, NULL},
        {"/tile/0/000.p/6", 404, NULL},
        {"/tile", 404, NULL},
        {"/tile/", 404, NULL},
        {"/tile/0", 404, NULL},
        {"/secret", 404, NULL},
        {"/../secret", 404, NULL},
        {"/%2e%2e/secret", 404, NULL},
        {"/..%2fsecret", 404, NULL},
        {"/tile/../secret", 404, NULL},
        {"/tile/0/../../secret", 404, NULL},
        {"//checkpoint", 404, NULL},
        {"/", 404, NULL},
        {"/checkpoint%00", 400, NULL},
        {"/checkpoint%0a", 400, NULL},
        {"/checkpoint%7f", 400, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char raw[300];
        snprintf(raw, sizeof(raw), "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            cases[i].path);
        int status = served_raw(&served, raw);
        if (status != (int)cases[i].status) {
            fail_msg("%s: %d", cases[i].path, status);
        }
        if (cases[i].body) {
            struct fb_exchange got = served_ask(&served, cases[i].path, NULL, 1000);
            assert_string_equal(got.answer.ptr, cases[i].body);
            fb_buf_release(&got.answer);
        }
    }
    assert_int_equal(served_raw(&served, "HEAD /checkpoint HTTP/1.0\r\n\r\n") / 100, 2);
    assert_int_equal(served_raw(&served, "DELETE /checkpoint HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
    struct fb_exchange got = served_ask(&served, "/checkpoint", "x", 1000);
    assert_int_equal(got.status, 413);
    fb_buf_release(&got.answer);
    fb_server_stop(served.server);
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* The types and the caching that tlog-tiles asks for. */
static void test_types(void **state)
{
    (void)state;
    char folder[] = "/tmp/flyball-served-XXXXXX", head[4096];
    struct served served = {.idle_s = 0};
    assert_non_null(mkdtemp(folder));
    put(folder, "checkpoint", "the checkpoint\n");
    put(folder, "tile/0/000.p/5", "tile");
    put(folder, "tile/entries/000", "bundle");
    struct fb_folder_server server = {folder};
    served_start(&served, fb_folder_server_handle, &server, 0);
    static const char *const cases[][3] = {
        {"checkpoint", "text/plain; charset=utf-8", "no-cache"},
        {"tile/0/000.p/5", "application/octet-stream", "immutable"},
        {"tile/entries/000", "application/octet-stream", "immutable"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[200], type[100];
        snprintf(text, sizeof(text), "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", cases[i][0]);
        snprintf(type, sizeof(type), "\r\nContent-Type: %s\r\n", cases[i][1]);
        assert_int_equal(served_head(&served, text, head), 200);
        if (!strstr(head, type) || !strstr(head, cases[i][2])) {
            fail_msg("%s: %s", cases[i][0], head);
        }
    }
    fb_server_stop(served.server);
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const good[] = {"tile/0/000", "tile/7/999", "tile/entries/000",
        "tile/0/x001/234", "tile/0/x001/x000/000", "tile/3/000.p/1", "tile/entries/x123/456.p/255"};
    static const char *const bad[] = {"", "tile", "tile/", "tile/0", "tile/0/", "tile/8/000",
        "tile/63/000", "tile/00/000", "tile/-1/000", "tile/0/0", "tile/0/00", "tile/0/0000",
        "tile/0/001/234", "tile/0/x000/000", "tile/0/x001/x234", "tile/0/x001", "tile/0/000.p",
        "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/00", "tile/0/000.p/01", "tile/0/000.p/256",
        "tile/0/000.p/1/", "tile/0/000/", "tile/entries", "tile/entry/000", "Tile/0/000",
        "/tile/0/000", "tile/0/../000", "tile/0/000.p/1 ", "tile/0/+01",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(fb_tile_path_is(fb_str_of(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (fb_tile_path_is(fb_str_of(bad[i]))) {
            fail_msg("'%s' is taken for a tile", bad[i]);
        }
    }
    for (int level = -1; level < FB_TILE_LEVELS; level++) {
        for (uint64_t index = 1; index < UINT64_C(1) << 56; index *= 7) {
            char path[FB_TILE_PATH_MAX];
            assert_true(fb_tile_path_is(fb_str_of(fb_tile_path(level, index, 256, path))));
            assert_true(fb_tile_path_is(fb_str_of(fb_tile_path(level, index - 1, 17, path))));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_names),
    };
    setenv("no_proxy", "127.0.0.1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
