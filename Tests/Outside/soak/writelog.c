// SPDX-License-Identifier: Apache-2.0
// Preloaded into the server: logs, in one order, every change to files below WRITELOG_DIRECTORY, every sync of them,
// and every write to a socket. The order is exact because each call is made and logged under one lock.
//
// A record: type (1), path length (4), path, offset (8), data length (4), data; numbers little-endian.
//   C created   W written at offset   T truncated to offset   R renamed to data   U unlinked   S synced   K socket
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_descriptor = -1;
static const char *directory;

__attribute__((constructor)) static void begin(void) {
    directory = getenv("WRITELOG_DIRECTORY");
    const char *path = getenv("WRITELOG_FILE");
    if (directory && path)
        log_descriptor = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void emit(const void *bytes, size_t length) {
    const char *rest = bytes;
    while (length > 0) {
        long written = syscall(SYS_write, log_descriptor, rest, length);
        if (written <= 0) abort();
        rest += written;
        length -= written;
    }
}

static void record(char type, const char *path, uint64_t offset, const void *data, uint32_t length) {
    int saved = errno;
    char head[17 + 4096];
    uint32_t path_length = strlen(path);
    size_t size = 0;
    head[size++] = type;
    memcpy(head + size, &path_length, 4), size += 4;
    memcpy(head + size, path, path_length), size += path_length;
    memcpy(head + size, &offset, 8), size += 8;
    memcpy(head + size, &length, 4), size += 4;
    emit(head, size);
    emit(data, length);
    errno = saved;
}

static int watched(const char *path) {
    return log_descriptor >= 0 && strncmp(path, directory, strlen(directory)) == 0 && !strstr(path, " (deleted)")
        && !strstr(path, "-shm");
}

// What an open file is called now; empty for what is no file.
static void name_of(int descriptor, char path[4096]) {
    char link[64];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, 4095);
    path[length < 0 ? 0 : length] = 0;
    errno = saved;
}

static void absolute(const char *path, char full[4096]) {
    if (path[0] == '/' || !getcwd(full, 2048)) full[0] = 0;
    else strcat(full, "/");
    strncat(full, path, 2000);
}

static uint64_t position(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    off_t at = syscall(SYS_lseek, descriptor, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR);
    return at < 0 ? 0 : at;
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    char path[4096];
    if (log_descriptor < 0) return syscall(SYS_write, descriptor, bytes, length);
    name_of(descriptor, path);
    int is_socket = strncmp(path, "socket:", 7) == 0;
    if (!is_socket && !watched(path)) return syscall(SYS_write, descriptor, bytes, length);
    pthread_mutex_lock(&lock);
    uint64_t offset = is_socket ? 0 : position(descriptor);
    // What a peer sees counts from the moment it may see it: a socket's bytes are logged before they leave.
    if (is_socket) record('K', path, 0, bytes, length);
    ssize_t written = syscall(SYS_write, descriptor, bytes, length);
    if (!is_socket && written > 0) record('W', path, offset, bytes, written);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    char path[4096];
    if (log_descriptor < 0) return syscall(SYS_writev, descriptor, parts, count);
    name_of(descriptor, path);
    int is_socket = strncmp(path, "socket:", 7) == 0;
    if (!is_socket && !watched(path)) return syscall(SYS_writev, descriptor, parts, count);
    pthread_mutex_lock(&lock);
    uint64_t offset = is_socket ? 0 : position(descriptor);
    if (is_socket)
        for (int i = 0; i < count; i++) record('K', path, 0, parts[i].iov_base, parts[i].iov_len);
    ssize_t written = syscall(SYS_writev, descriptor, parts, count), left = written;
    for (int i = 0; !is_socket && i < count && left > 0; i++) {
        size_t length = parts[i].iov_len < (size_t)left ? parts[i].iov_len : (size_t)left;
        record('W', path, offset, parts[i].iov_base, length);
        offset += length, left -= length;
    }
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off_t offset) {
    char path[4096];
    name_of(descriptor, path);
    if (!watched(path)) return syscall(SYS_pwrite64, descriptor, bytes, length, offset);
    pthread_mutex_lock(&lock);
    ssize_t written = syscall(SYS_pwrite64, descriptor, bytes, length, offset);
    if (written > 0) record('W', path, offset, bytes, written);
    pthread_mutex_unlock(&lock);
    return written;
}
ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    return pwrite64(descriptor, bytes, length, offset);
}

int ftruncate64(int descriptor, off_t size) {
    char path[4096];
    name_of(descriptor, path);
    if (!watched(path)) return syscall(SYS_ftruncate, descriptor, size);
    pthread_mutex_lock(&lock);
    int result = syscall(SYS_ftruncate, descriptor, size);
    if (result == 0) record('T', path, size, "", 0);
    pthread_mutex_unlock(&lock);
    return result;
}
int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

static int synced(int descriptor, long call) {
    char path[4096];
    name_of(descriptor, path);
    if (!watched(path)) return syscall(call, descriptor);
    pthread_mutex_lock(&lock);
    int result = syscall(call, descriptor);
    if (result == 0) record('S', path, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return result;
}
int fsync(int descriptor) { return synced(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return synced(descriptor, SYS_fdatasync); }

static int renamed(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    char old[4096], new[4096];
    absolute(from, old), absolute(to, new);
    if (!watched(old) && !watched(new)) return syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    pthread_mutex_lock(&lock);
    int result = syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
    if (result == 0) record('R', old, 0, new, strlen(new));
    pthread_mutex_unlock(&lock);
    return result;
}
int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return renamed(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return renamed(a, from, b, to, flags); }

int unlinkat(int folder, const char *path, int flags) {
    char full[4096];
    absolute(path, full);
    if (!watched(full) || flags) return syscall(SYS_unlinkat, folder, path, flags);
    pthread_mutex_lock(&lock);
    int result = syscall(SYS_unlinkat, folder, path, 0);
    if (result == 0) record('U', full, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char full[4096];
    absolute(path, full);
    if (!watched(full) || !(flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE)
        return syscall(SYS_openat, folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    int is_new = syscall(SYS_faccessat, AT_FDCWD, full, F_OK) != 0;
    int descriptor = syscall(SYS_openat, folder, path, flags, mode);
    if (descriptor >= 0 && is_new) record('C', full, 0, "", 0);
    else if (descriptor >= 0 && flags & O_TRUNC) record('T', full, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return descriptor;
}
#define MODE(flags) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
        va_list arguments; \
        va_start(arguments, flags); \
        mode = va_arg(arguments, mode_t); \
        va_end(arguments); \
    }
int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return opened(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return opened(folder, path, flags, mode); }
