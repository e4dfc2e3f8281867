<%@ Page Language="C#" %>
<script runat="server">
    void Page_Load(object sender, EventArgs e)
    {
        // One line a visit. What the request brings goes into the file, and never decides which file.
        using (var writer = new System.IO.StreamWriter(Server.MapPath("~/App_Data/visits.txt"), true))
            writer.WriteLine(Request.UserHostAddress + " " + Request.QueryString["page"]);
        System.IO.File.AppendAllText(Server.MapPath("~/App_Data/terms.txt"), Request.QueryString["q"]);
    }
</script>
