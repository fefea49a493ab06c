// A client without a browser: `node src/client.ts search '{"words": "express"}'` prints a line for each answer, as long as
// it runs, or with --once only the first whole one. In a browser the same is `useQuery(queries.search({words}))`.
import { Zero } from "@rocicorp/zero";
import { queries } from "./queries.ts";
import { schema } from "./schema.ts";

const isOnce = process.argv.includes("--once");
const [name, args] = process.argv.slice(2).filter((given) => given !== "--once");
const token = process.env.TOKEN;
const server = process.env.SERVER ?? "http://127.0.0.1:4850";
const me = await fetch(`${server}/me`, {
  headers: token ? { authorization: `Bearer ${token}` } : {},
});
const { accountID } = (await me.json()) as { accountID: string | null };

const zero = new Zero({
  schema,
  cacheURL: process.env.CACHE ?? "http://127.0.0.1:4848",
  userID: accountID,
  auth: token,
  context: { accountID },
  kvStore: "mem",
});
if (!isOnce) zero.connection.state.subscribe((state) => console.error(JSON.stringify(state)));

const query = (queries as unknown as Record<string, (args: unknown) => never>)[name ?? ""];
if (query === undefined) throw new Error(`there is no query ${name}`);
const view = zero.materialize(query(args === undefined ? undefined : JSON.parse(args)));
view.addListener((data, type, error) => {
  if (isOnce && type === "unknown") return;
  console.log(JSON.stringify({ type, data: data ?? null, error }));
  if (isOnce) process.exit(type === "error" ? 1 : 0);
});
