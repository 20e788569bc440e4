# The desk and the reference bot: small, not root, nothing to write but /data and /spool.
#   docker build -t fillpath .
#   docker run -p 127.0.0.1:4318:4318 -v fillpath-data:/data fillpath desk --host 0.0.0.0 --data /data
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY test/fixtures/otel2/package.json test/fixtures/otel2/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY .config .config
COPY src src
RUN npx tsc -p .config/tsconfig.build.json && npm prune --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN mkdir -p /data /spool && chown node:node /data /spool
USER node
VOLUME ["/data", "/spool"]
EXPOSE 4317 4318
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["desk", "--host", "0.0.0.0", "--data", "/data"]
