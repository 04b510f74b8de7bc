# syntax=docker/dockerfile:1
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json vite.config.ts vite.server.config.ts ./
COPY src src
COPY drizzle drizzle
RUN npm run build

FROM node:22-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:22-slim
# Health and metrics have a port of their own, for workers as well. A server that stops serves on for 7 s.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 METRICS_PORT=9464 DRAIN_MS=7000
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY drizzle drizzle
# So that `docker exec` has the command by its name.
RUN ln -s /app/dist/bundle/peg-bff.js /usr/local/bin/peg-bff && chmod 755 dist/bundle/peg-bff.js
USER node
EXPOSE 3000 9464
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.METRICS_PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node as process 1 gets the signals: a stop drains, and hands jobs back.
CMD ["node", "dist/bundle/server.js"]
