// What clients may ask. Server and client share this file; the server's answer is what counts.
import { defineQueries, defineQuery } from "@rocicorp/zero";
import { zql } from "./schema.ts";

/** Who asks: the id of an account of the catalogue; null if nobody is logged in. */
export type Context = { accountID: string | null };

declare module "@rocicorp/zero" {
  interface DefaultTypes {
    context: Context;
  }
}

type Registry = "npm" | "jsr" | "brew" | "apt";

const here = zql.packages.where("deletedAt", "IS", null);
const escaped = (words: string) => words.replace(/[\\%_]/g, (sign) => `\\${sign}`);

export const queries = defineQueries({
  /** Packages whose name has these letters. */
  search: defineQuery(({ args }: { args: { words: string } }) =>
    here
      .where("searchName", "LIKE", `%${escaped(args.words.toLowerCase())}%`)
      .related("packageTags", (given) =>
        given.whereExists("tag", (tag) => tag.where("deletedAt", "IS", null)).related("tag"),
      )
      .orderBy("searchName", "asc")
      .limit(50),
  ),

  /** One package, its newest versions, and what each of them depends on. */
  package: defineQuery(({ args }: { args: { registry: Registry; name: string } }) =>
    here
      .where("registry", args.registry)
      .where("name", args.name)
      .one()
      .related("distTags")
      .related("versions", (version) =>
        version
          .orderBy("sortKey", "desc")
          .limit(20)
          .related("dependencies", (edge) => edge.orderBy("dependencyName", "asc").related("resolved")),
      ),
  ),

  /** What the person who is logged in asked for, and how it is going. Nobody else's. */
  myRequests: defineQuery(({ ctx }) =>
    zql.packageRequestChains
      .where("requestedBy", "=", ctx?.accountID ?? "")
      .related("members", (member) => member.where("isRoot", true).related("request"))
      .orderBy("id", "desc")
      .limit(50),
  ),
});
