// SPDX-License-Identifier: Apache-2.0
// Preloaded: while READONLY_SWITCH exists, what would change a file below READONLY_DIRECTORY fails with EROFS, as after
// a remount read-only. The kernel refuses that remount as long as a file is open for writing, and its own emergency
// read-only state cannot be left again without unmounting; so this stands in for "read-only, and writable again".
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int below(const char *path) {
    const char *directory = getenv("READONLY_DIRECTORY"), *lever = getenv("READONLY_SWITCH");
    return directory && lever && path && !strncmp(path, directory, strlen(directory)) && !access(lever, F_OK);
}

static int held(int descriptor) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define REFUSE(when) if (when) { errno = EROFS; return -1; }

ssize_t write(int fd, const void *b, size_t n) { REAL(write); REFUSE(held(fd)); return real(fd, b, n); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) { REAL(pwrite); REFUSE(held(fd)); return real(fd, b, n, o); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) { REAL(pwrite64); REFUSE(held(fd)); return real(fd, b, n, o); }
int ftruncate(int fd, off_t n) { REAL(ftruncate); REFUSE(held(fd)); return real(fd, n); }
int ftruncate64(int fd, off64_t n) { REAL(ftruncate64); REFUSE(held(fd)); return real(fd, n); }
int rename(const char *a, const char *b) { REAL(rename); REFUSE(below(a) || below(b)); return real(a, b); }
int unlink(const char *a) { REAL(unlink); REFUSE(below(a)); return real(a); }
int mkdir(const char *a, mode_t m) {
    static int (*real)(const char *, mode_t);
    if (!real) real = (int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "mkdir");
    REFUSE(below(a));
    return real(a, m);
}

#define OPEN(name)                                                                       \
    int name(const char *path, int flags, ...) {                                         \
        static int (*real)(const char *, int, ...);                                      \
        if (!real) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);      \
        va_list rest;                                                                    \
        va_start(rest, flags);                                                           \
        mode_t mode = va_arg(rest, mode_t);                                              \
        va_end(rest);                                                                    \
        REFUSE((flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) && below(path));        \
        return real(path, flags, mode);                                                  \
    }
OPEN(open)
OPEN(open64)
