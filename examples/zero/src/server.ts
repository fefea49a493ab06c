// The front's own server: zero-cache asks it which query a name means, and people's browsers ask it for packages.
import { mustGetQuery } from "@rocicorp/zero";
import { handleQueryRequest } from "@rocicorp/zero/server";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import pg from "pg";
import { queries } from "./queries.ts";
import { schema } from "./schema.ts";

/** By token. In a real front: ask your login instead. */
type Person = { issuer: string; subject: string; name: string };
const people: Record<string, Person> = JSON.parse(process.env.PEOPLE ?? "{}");
const perHour = 20;
const cooldown = "1 hour";

// The owner of the tables: it may act for anyone, so what follows checks who is asking.
const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });

async function accountOf(request: IncomingMessage): Promise<string | null> {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const person = token === undefined ? undefined : people[token];
  if (person === undefined) return null;
  const signedIn = "SELECT tgtui_sign_in($1, $2, $3) AS id";
  const found = await database.query(signedIn, [person.issuer, person.subject, person.name]);
  return found.rows[0].id;
}

async function ask(accountID: string, registry: string, name: string) {
  // As `tgtui ask` does: it checks the limits, and what was removed, and joins what is queued already.
  const asked =
    "SELECT registry, name, outcome, request_id, chain_id, said, again" +
    " FROM tgtui_ask(ARRAY[$1], ARRAY[$2], $3::uuid, false, 10, $4, $5::interval)";
  const found = await database.query(asked, [registry, name, accountID, perHour, cooldown]);
  return found.rows[0];
}

async function answer(request: IncomingMessage): Promise<[number, unknown]> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
  const accountID = await accountOf(request);
  switch (`${request.method} ${url.pathname}`) {
    case "POST /query":
      return [
        200,
        await handleQueryRequest({
          handler: (name, args) => mustGetQuery(queries, name).fn({ args, ctx: { accountID } }),
          schema,
          query: url.searchParams,
          body,
          userID: accountID,
        }),
      ];
    case "GET /me":
      return [200, { accountID }];
    case "POST /ask":
      if (accountID === null) return [401, { error: "log in first" }];
      return [200, await ask(accountID, String(body.registry), String(body.name))];
    default:
      return [404, { error: "there is no such page" }];
  }
}

createServer(async (request: IncomingMessage, response: ServerResponse) => {
  const [status, said] = await answer(request).catch((error: unknown): [number, unknown] => [
    400,
    { error: String(error) },
  ]);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(said)}\n`);
}).listen(Number(process.env.PORT ?? 4850), "127.0.0.1", () => console.log("ready"));
