# headgate:  docker build -t headgate .          docker run -p 8080:8080 -e HEADGATE_BACKENDS=10.0.0.5:8081,10.0.0.6:8081 headgate
# A config of your own: -v ./proxy.json:/etc/headgate/headgate.json:ro
# Clients last in the volume /var/lib/headgate; the admin listener is reached from within:  docker exec NAME headgate clients list
# A demo backend: docker build --target origin -t headgate-origin .

FROM debian:12-slim AS build
WORKDIR /src
# Packages first: they change less often than the code.
COPY tools/install-dependencies.sh tools/
RUN tools/install-dependencies.sh build
COPY . .
RUN tools/build.sh release && strip build/release/headgate build/release/headgate-origin

FROM debian:12-slim AS runtime
COPY tools/install-dependencies.sh /tmp/
RUN /tmp/install-dependencies.sh run \
  && rm -rf /tmp/install-dependencies.sh /var/lib/apt/lists/* \
  && groupadd --system --gid 10001 headgate \
  && useradd --system --uid 10001 --gid headgate --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin headgate \
  && install -d -o headgate -g headgate /run/headgate /var/lib/headgate
USER headgate
STOPSIGNAL SIGTERM

FROM runtime AS origin
COPY --from=build /src/build/release/headgate-origin /usr/local/bin/
ENTRYPOINT ["headgate-origin"]

FROM runtime AS headgate
COPY configs/container.json /etc/headgate/headgate.json
COPY configs/compose.json /etc/headgate/compose.json
COPY --from=build /src/build/release/headgate /usr/local/bin/
ENV HEADGATE_CONFIG=/etc/headgate/headgate.json STATE_DIRECTORY=/var/lib/headgate
VOLUME /var/lib/headgate
EXPOSE 8080 9901
HEALTHCHECK --interval=10s --timeout=6s --start-period=15s CMD ["headgate", "healthcheck"]
ENTRYPOINT ["headgate"]
