# docker build --build-arg VERSION="$(git describe --tags --always --dirty)" -t stillwatch .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN make build VERSION="$VERSION"

# No shell, no package manager, no root: the binary and the system's certificate authorities.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /src/bin/stillwatch /usr/local/bin/stillwatch
COPY --from=build /src/configs/stillwatch.yaml /etc/stillwatch/stillwatch.yaml
COPY LICENSE /usr/share/doc/stillwatch/LICENSE
USER nonroot
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s CMD ["stillwatch", "health"]
ENTRYPOINT ["stillwatch"]
CMD ["run", "--config", "/etc/stillwatch/stillwatch.yaml"]
