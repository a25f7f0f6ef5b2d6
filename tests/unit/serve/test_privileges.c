/* Tests of leaving root behind, in a child that does not come back. */
#include <pwd.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fb_test.h"
#include "serve/privileges.h"

static struct fb_err err;

static void test_refused(void **state)
{
    (void)state;
    FB_TEST_FAILS(fb_privileges_drop("no such user", &err), FB_E_NOT_FOUND);
    FB_TEST_FAILS(fb_privileges_drop("root", &err), FB_E_RANGE);
    if (geteuid() != 0) {
        FB_TEST_FAILS(fb_privileges_drop("nobody", &err), FB_E_ROLE);
    }
}

static void test_for_good(void **state)
{
    (void)state;
    const struct passwd *nobody = getpwnam("nobody");
    if (geteuid() != 0 || !nobody) {
        printf("# SKIP not root\n");
        skip();
    }
    uid_t uid = nobody->pw_uid;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool good = fb_privileges_drop("nobody", &err) == FB_OK && getuid() == uid &&
                    geteuid() == uid && setuid(0) != 0 && access("/etc/shadow", R_OK) != 0 &&
                    fb_privileges_drop("nobody", &err) == FB_E_ROLE;
        _exit(good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
