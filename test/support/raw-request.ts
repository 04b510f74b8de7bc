import { createConnection, type Socket } from "node:net";

const PATIENCE_MS = 5_000;

/** What came back over a bare socket. */
export interface RawAnswer {
  /** Byte by byte, as characters. */
  text: string;
  /** 0 where no answer came. */
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  /** Whether the server closed the connection; else it was still open after the patience. */
  closed: boolean;
  /** Until the answer ended, ms. */
  ms: number;
}

function parse(text: string): Pick<RawAnswer, "status" | "headers" | "body"> {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? 0);
  return { status, headers: Object.fromEntries(fields), body: rest.join("\r\n\r\n") };
}

/** Connects to a server, without any HTTP. */
export function openSocket(url: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = createConnection(Number(port), hostname);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}

/** Collects what a socket gets until the server closes it. */
export function readToEnd(socket: Socket, patienceMs = PATIENCE_MS): Promise<RawAnswer> {
  const start = performance.now();
  return new Promise((resolve) => {
    let text = "";
    let closed = true;
    const timer = setTimeout(() => {
      closed = false;
      socket.destroy();
    }, patienceMs);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.once("close", () => {
      clearTimeout(timer);
      resolve({ text, ...parse(text), closed, ms: performance.now() - start });
    });
  });
}

/** Sends bytes, each a character of the text, and reads until the server closes the connection. */
export async function sendRaw(url: string, text: string, patienceMs?: number): Promise<RawAnswer> {
  const socket = await openSocket(url);
  const answer = readToEnd(socket, patienceMs);
  socket.write(text, "latin1");
  return answer;
}
