// The floor of the comparison: a TCP relay that looks at nothing. It opens one connection to the backend for each
// client, and copies bytes both ways with one recv and one send, so a proxy that does more work than this costs more
// than this.
//
// usage: relay LISTEN_PORT BACKEND_PORT        on 127.0.0.1
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kMaxDescriptors = 262144, kEvents = 512, kReadSize = 65536 };

// One side of a pair, found by its descriptor.
struct Side {
  int other;          // the descriptor of the other side; 0 = this one is closed
  unsigned watched;   // the epoll events that are armed
  char* held;         // bytes for this side that it did not take yet; null most of the time
  size_t heldLength;  // meanwhile the other side is not read
};

static struct Side sides[kMaxDescriptors];
static struct sockaddr_in backend;
static int epollFd;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in loopback(const char* port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(int fd, unsigned events) {
  if (sides[fd].watched == events) return;
  struct epoll_event event = {.events = events, .data.fd = fd};
  epoll_ctl(epollFd, sides[fd].watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
  sides[fd].watched = events;
}

static void join(int fd, int other) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sides[fd] = (struct Side){.other = other};
  watch(fd, EPOLLIN);
}

static void acceptAll(int listener) {
  int client;
  while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    int upstream = socket(AF_INET, SOCK_STREAM, 0);
    if (upstream < 0 || upstream >= kMaxDescriptors || client >= kMaxDescriptors ||
        connect(upstream, (struct sockaddr*)&backend, sizeof backend)) {
      if (upstream >= 0) close(upstream);
      close(client);
      continue;
    }
    join(client, upstream);
    join(upstream, client);
  }
}

static void closePair(int fd) {
  int both[] = {fd, sides[fd].other};
  for (int i = 0; i < 2; i++) {
    free(sides[both[i]].held);
    sides[both[i]] = (struct Side){0};
    close(both[i]);
  }
}

// Sends `length` bytes to `fd`; returns how many it took, or -1 when it has failed.
static ssize_t give(int fd, const char* bytes, size_t length) {
  ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  return n >= 0 ? n : errno == EAGAIN ? 0 : -1;
}

// Copies one read of `fd` to the other side; what that does not take is held and `fd` rests meanwhile.
static int forward(int fd) {
  static char buffer[kReadSize];
  int other = sides[fd].other;
  ssize_t length = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (length < 0) return errno == EAGAIN;
  if (length == 0) return 0;
  ssize_t n = give(other, buffer, length);
  if (n < 0) return 0;
  if (n < length) {
    struct Side* slow = &sides[other];
    slow->heldLength = length - n;
    slow->held = malloc(slow->heldLength);
    if (!slow->held) fail("malloc");
    memcpy(slow->held, buffer + n, slow->heldLength);
    watch(other, sides[other].watched | EPOLLOUT);
    watch(fd, sides[fd].watched & ~EPOLLIN);
  }
  return 1;
}

// `fd` takes bytes again.
static int release(int fd) {
  struct Side* side = &sides[fd];
  ssize_t n = give(fd, side->held, side->heldLength);
  if (n < 0) return 0;
  side->heldLength -= n;
  if (side->heldLength) {
    memmove(side->held, side->held + n, side->heldLength);
    return 1;
  }
  free(side->held);
  side->held = NULL;
  watch(fd, side->watched & ~EPOLLOUT);
  watch(side->other, sides[side->other].watched | EPOLLIN);
  return 1;
}

static int onReady(int fd, unsigned events) {
  if ((events & EPOLLOUT) && sides[fd].held && !release(fd)) return 0;
  if ((events & EPOLLIN) && (sides[fd].watched & EPOLLIN)) return forward(fd);
  return !(events & (EPOLLHUP | EPOLLERR));
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: relay LISTEN_PORT BACKEND_PORT\n");
    return 2;
  }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  struct sockaddr_in address = loopback(argv[1]);
  backend = loopback(argv[2]);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) || listen(listener, 4096)) fail("listen");
  epollFd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[kEvents];
  epoll_ctl(epollFd, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int count = epoll_wait(epollFd, events, kEvents, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        acceptAll(listener);
      } else if (sides[fd].other && !onReady(fd, events[i].events)) {
        closePair(fd);
      }
    }
  }
}
