"""What a repository serves: releases, Packages files, their stanzas."""
