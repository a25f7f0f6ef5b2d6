#include "serve/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/assert.h"

enum { TEXTS_MAX = 16 * 1024 };

enum fb_code fb_privileges_drop(const char *user, struct fb_err *err)
{
    FB_ASSERT(user);
    struct passwd entry, *found = NULL;
    char texts[TEXTS_MAX];
    if (getpwnam_r(user, &entry, texts, sizeof(texts), &found) != 0 || !found) {
        return fb_err_set(err, FB_E_NOT_FOUND, "there is no user '%.100s' on this machine", user);
    }
    if (entry.pw_uid == 0) {
        return fb_err_set(err, FB_E_RANGE, "the user '%.100s' is root itself", user);
    }
    if (geteuid() != 0) {
        fb_err_set(err, FB_E_ROLE, "only root can become the user '%.100s'", user);
        return fb_err_hint(err, "Start it as that user, or as root.");
    }
    if (initgroups(user, entry.pw_gid) != 0 || setgid(entry.pw_gid) != 0 ||
        setuid(entry.pw_uid) != 0) {
        return fb_err_set(err, FB_E_IO, "could not become the user '%.100s'", user);
    }
    /* If it could be taken back, nothing was given up. */
    bool is_back = setuid(0) == 0;
    FB_ASSERT(!is_back && geteuid() == entry.pw_uid);
    return FB_OK;
}
