// An HTTP/1.1 origin for benchmarks: answers each request head with the same response and never closes first.
// Requests must have no body. One thread, no allocation after the start.
//
// usage: backend PORT [BODY_BYTES]        listens on 127.0.0.1:PORT; the body has 13 bytes unless told otherwise
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

enum { kMaxConnections = 65536, kEvents = 512 };

// One connection, found by its descriptor.
struct Connection {
  unsigned char matched;  // bytes of "\r\n\r\n" seen at the end of the input so far
  unsigned waiting;       // responses that are due, the one being sent included
  size_t sent;            // bytes of the current response that have left
  int watchesOutput;      // EPOLLOUT is armed
};

static struct Connection connections[kMaxConnections];
static char* response;
static size_t responseLength;
static int epollFd;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void makeResponse(size_t bodyLength) {
  response = malloc(bodyLength + 128);
  if (!response) fail("malloc");
  int head =
      sprintf(response, "HTTP/1.1 200 OK\r\nServer: backend\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
              bodyLength);
  memset(response + head, 'b', bodyLength);
  responseLength = head + bodyLength;
}

static int listenOn(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr*)&address, sizeof address) || listen(fd, 4096)) fail("listen");
  return fd;
}

static void acceptAll(int listener) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (fd >= kMaxConnections) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections[fd] = (struct Connection){0};
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epollFd, EPOLL_CTL_ADD, fd, &event);
  }
}

// Counts the request heads that end in these bytes.
static unsigned countHeads(struct Connection* connection, const char* bytes, size_t length) {
  static const char kEnd[] = "\r\n\r\n";
  unsigned heads = 0;
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] == kEnd[connection->matched]) {
      if (++connection->matched == 4) {
        connection->matched = 0;
        heads++;
      }
    } else {
      connection->matched = bytes[i] == '\r';
    }
  }
  return heads;
}

static void watchOutput(int fd, int on) {
  if (connections[fd].watchesOutput == on) return;
  connections[fd].watchesOutput = on;
  struct epoll_event event = {.events = on ? EPOLLOUT : EPOLLIN, .data.fd = fd};
  epoll_ctl(epollFd, EPOLL_CTL_MOD, fd, &event);
}

// Sends what is due. Returns 0 when the connection has failed.
static int sendDue(int fd) {
  struct Connection* connection = &connections[fd];
  while (connection->waiting) {
    ssize_t n = send(fd, response + connection->sent, responseLength - connection->sent, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno != EAGAIN) return 0;
      watchOutput(fd, 1);
      return 1;
    }
    connection->sent += n;
    if (connection->sent == responseLength) {
      connection->sent = 0;
      connection->waiting--;
    }
  }
  watchOutput(fd, 0);
  return 1;
}

static int onReady(int fd, unsigned events) {
  static char buffer[65536];
  if (events & EPOLLOUT) return sendDue(fd);
  ssize_t n = recv(fd, buffer, sizeof buffer, 0);
  if (n < 0) return errno == EAGAIN;
  if (n == 0) return 0;
  connections[fd].waiting += countHeads(&connections[fd], buffer, n);
  return sendDue(fd);
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: backend PORT [BODY_BYTES]\n");
    return 2;
  }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  makeResponse(argc > 2 ? strtoul(argv[2], NULL, 10) : 13);
  int listener = listenOn(atoi(argv[1]));
  epollFd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[kEvents];
  epoll_ctl(epollFd, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int count = epoll_wait(epollFd, events, kEvents, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        acceptAll(listener);
      } else if (!onReady(fd, events[i].events)) {
        close(fd);
      }
    }
  }
}
