-- Whose a chain is, and with it the requests that belong to it.

-- The login's own chains: it may see these and what belongs to them.
CREATE FUNCTION tgtui_my_chains() RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 100 AS $$
    SELECT id FROM package_request_chains WHERE requested_by = tgtui_me()
$$;

-- One of an account's own requests: it belongs to a chain of theirs.
CREATE FUNCTION tgtui_is_visible_to(p_request uuid, p_account uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM package_request_members AS member
        JOIN package_request_chains AS chain ON chain.id = member.chain_id
        WHERE member.request_id = p_request AND chain.requested_by = p_account)
$$;

-- The chain with this id, or the newest one with this request as a root; of the account's own first.
CREATE FUNCTION tgtui_chain_of(p_id uuid, p_account uuid, p_only_own boolean) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT chain.id FROM package_request_chains AS chain
    WHERE chain.id IN (SELECT p_id UNION ALL
                       SELECT chain_id FROM package_request_members WHERE request_id = p_id AND is_root)
      AND (NOT p_only_own OR chain.requested_by = p_account)
    ORDER BY chain.id = p_id DESC, (chain.requested_by = p_account) IS TRUE DESC, chain.id DESC LIMIT 1
$$;

-- Some living chain waits for the request.
CREATE FUNCTION tgtui_is_needed(p_request uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM package_request_members AS member
        JOIN package_request_chains AS chain ON chain.id = member.chain_id
        WHERE member.request_id = p_request AND member.cancelled_at IS NULL AND chain.cancelled_at IS NULL)
$$;
