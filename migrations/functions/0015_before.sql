-- As before chains: what the login asked for or follows, and what belongs to the chains of these.
CREATE FUNCTION tgtui_my_requests() RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 100 AS $$
    SELECT id FROM package_requests WHERE requested_by = tgtui_me()
    UNION ALL
    SELECT request_id FROM package_request_watchers WHERE account_id = tgtui_me()
$$;

CREATE FUNCTION tgtui_is_visible_to(p_request uuid, p_account uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM package_requests AS request
        WHERE request.id = p_request AND (
            request.requested_by = p_account
            OR EXISTS (SELECT FROM package_requests AS root
                       WHERE root.id = request.root_request_id AND root.requested_by = p_account)
            OR EXISTS (SELECT FROM package_request_watchers AS watcher
                       WHERE watcher.request_id IN (request.id, request.root_request_id)
                         AND watcher.account_id = p_account)))
$$;
