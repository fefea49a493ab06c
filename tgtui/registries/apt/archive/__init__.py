"""Files of a repository: releases, Packages files, their stanzas."""
