import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Deployment } from "kubernetes-models/apps/v1";
import { CronJob } from "kubernetes-models/batch/v1";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { ConfigMap, Namespace, PersistentVolumeClaim, Service } from "kubernetes-models/v1";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { parseConfig } from "../../src/config.js";
import { TEST_ENCRYPTION_KEYS } from "../support/backend.js";

const FOLDER = fileURLToPath(new URL("../../deploy/kubernetes", import.meta.url));

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  // biome-ignore lint/suspicious/noExplicitAny: its schema is what is checked below
  spec?: any;
  data?: Record<string, string>;
  resources?: string[];
}

/** What checks a kind against the schema that Kubernetes publishes. */
const KINDS: Record<string, new (data: never) => { validate(): void }> = {
  "apps/v1 Deployment": Deployment,
  "batch/v1 CronJob": CronJob,
  "networking.k8s.io/v1 Ingress": Ingress,
  "policy/v1 PodDisruptionBudget": PodDisruptionBudget,
  "v1 ConfigMap": ConfigMap,
  "v1 Namespace": Namespace,
  "v1 PersistentVolumeClaim": PersistentVolumeClaim,
  "v1 Service": Service,
};

const files = readdirSync(FOLDER);
const manifests = files.flatMap((file) =>
  parseAllDocuments(readFileSync(join(FOLDER, file), "utf8")).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJSON() as Manifest;
  }),
);
const kustomization = manifests.find(({ kind }) => kind === "Kustomization");
const resources = manifests.filter((manifest) => manifest !== kustomization);
const named = (kind: string, name: string) =>
  resources.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
const pods = ["peg-bff-api", "peg-bff-worker"].map((name) => ({
  name,
  deployment: named("Deployment", name)?.spec,
}));

describe("the manifests for Kubernetes", () => {
  test("are as its schema says, every one", () => {
    expect(resources.length).toBeGreaterThan(8);
    for (const manifest of resources) {
      const Kind = KINDS[`${manifest.apiVersion} ${manifest.kind}`];
      if (!Kind) throw new Error(`no schema for ${manifest.apiVersion} ${manifest.kind}`);
      expect(() => new Kind(manifest as never).validate(), manifest.metadata.name).not.toThrow();
    }
    // It does find mistakes.
    const broken = structuredClone(named("Deployment", "peg-bff-api")) as Manifest;
    broken.spec.replicas = "two";
    expect(() => new Deployment(broken as never).validate()).toThrow();
  });

  test("are all applied", () => {
    expect([...(kustomization?.resources ?? []), "kustomization.yaml"].sort()).toEqual(files.sort());
  });

  test("set what is a setting, and with the secrets that the page makes a start is not refused", () => {
    const data = named("ConfigMap", "peg-bff-settings")?.data ?? {};
    const example = readFileSync(new URL("../../.env.example", import.meta.url), "utf8");
    for (const name of Object.keys(data)) expect(example).toContain(`\n${name}=`);
    const secrets = {
      DATABASE_URL: "postgres://peg:secret@postgres/peg",
      REDIS_URL: "redis://redis",
      ENCRYPTION_KEYS: TEST_ENCRYPTION_KEYS,
    };
    expect(parseConfig({ NODE_ENV: "production", ...data, ...secrets }).WORKER).toBe("none");
  });

  test.each(pods)(
    "replace a pod of $name only once another one is ready, and give it time to stop",
    (pod) => {
      const { strategy, replicas, template, selector } = pod.deployment;
      expect(replicas).toBeGreaterThanOrEqual(2);
      expect(strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
      const [container] = template.spec.containers;
      const ports = container.ports.map(({ name }: { name: string }) => name);
      for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
        expect(["/healthz", "/readyz"]).toContain(container[probe].httpGet.path);
        expect(ports).toContain(container[probe].httpGet.port);
      }
      // The time that it drains, that calls may end in, and some to spare.
      const set: Record<string, string> = Object.fromEntries(
        (container.env ?? []).map(({ name, value }: { name: string; value: string }) => [name, value]),
      );
      const [, drainMs] = set.DRAIN_MS ? ["", set.DRAIN_MS] : (/DRAIN_MS=(\d+)/.exec(dockerfile()) ?? []);
      expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(drainMs) / 1000 + 25 + 5);
      expect(Number(drainMs)).toBeGreaterThanOrEqual(parseConfig(set).KEEP_ALIVE_MS + 2_000);
      expect(Number(drainMs) / 1000).toBeGreaterThan(
        container.readinessProbe.periodSeconds * container.readinessProbe.failureThreshold,
      );
      const budget = named("PodDisruptionBudget", pod.name)?.spec;
      expect(budget).toEqual({ minAvailable: 1, selector });
      expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    },
  );

  test("let nothing in them run as root, write to its own files, or take all memory", () => {
    const templates = [
      ...pods.map(({ deployment }) => deployment.template),
      named("CronJob", "peg-bff-backup")?.spec.jobTemplate.spec.template,
    ];
    for (const { spec } of templates) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(container.resources.limits.memory).toBeDefined();
      }
    }
  });

  test("keep connections for longer than the ingress does, which is for 60 s", () => {
    const [api] = pods[0]?.deployment.template.spec.containers ?? [];
    const keepAlive = api.env.find(({ name }: { name: string }) => name === "KEEP_ALIVE_MS");
    expect(Number(keepAlive.value)).toBeGreaterThan(60_000);
  });

  test("lead the service and the ingress to the pods", () => {
    const service = named("Service", "peg-bff")?.spec;
    expect(service.selector).toEqual(pods[0]?.deployment.template.metadata.labels);
    const [rule] = named("Ingress", "peg-bff")?.spec.rules ?? [];
    expect(rule.http.paths[0].backend.service).toEqual({
      name: "peg-bff",
      port: { name: service.ports[0].name },
    });
  });
});

function dockerfile(): string {
  return readFileSync(new URL("../../Dockerfile", import.meta.url), "utf8");
}
